import {
  announceAgent,
  type Bus,
  connectFromEnv,
  eventName,
  followEvents,
  requestRun,
  takeTasks,
} from '@bailiwick/bus'
import { describe, expect, it } from 'vitest'
import { run } from './program.ts'
import { teamFolder } from './team-folder.ts'

/** A host of an agent that refuses whatever it is given. */
async function refuse(bus: Bus, agent: string): Promise<void> {
  for await (const delivery of takeTasks(bus, agent)) {
    delivery.reject('not in my power')
    return
  }
}

describe('a task that a host refuses for good', () => {
  it('ends its run, with the reason', async () => {
    await using place = await teamFolder({})
    const bailiwick = (...args: string[]) => run(args, { cwd: place.folder })
    const env = async (...args: string[]) => JSON.parse((await bailiwick('env', '--json', ...args)).stdout)
    await bailiwick('up', '--detach')
    {
      await using host = await connectFromEnv('outsider', await env('--role', 'agent:outsider'))
      await using user = await connectFromEnv('user', await env())
      const card = {
        name: 'outsider',
        description: 'x',
        level: 0 as const,
        tools: [],
        delegates: [],
        imports: [],
      }
      await using _announced = await announceAgent(host, {
        card,
        host: 'outsider-1',
        pid: process.pid,
        slots: 1,
        busy: 0,
        startedAt: Date.now(),
      })
      const refused = refuse(host, 'outsider')
      const order = { run: 'r1', text: 'x', agent: 'outsider' }
      // The registry tells the daemon a moment later.
      while ((await requestRun(user, 'submit', order).catch(() => undefined)) === undefined);
      for await (const { event } of followEvents(user, { from: 'beginning', run: 'r1' })) {
        if (eventName(event.type) === 'run.ended') break
      }
      const view = await requestRun(user, 'get', { run: 'r1' })
      expect(view.result).toMatchObject({ status: 'failed', error: { code: 'dead-letter' } })
      expect(view.result?.error?.message).toContain('not in my power')
      await refused
      const dead = await bailiwick('dead')
      expect(dead.stdout).toMatch(/of run r1 for outsider, delivered once, .*: not in my power/)
      const task = view.tasks[0]?.task ?? ''
      expect((await bailiwick('retry', task)).stdout).toBe(`Task ${task} will be delivered again.\n`)
      expect(await bailiwick('dead')).toMatchObject({ stdout: '', stderr: 'No dead tasks.\n' })
      expect(await bailiwick('retry', task)).toMatchObject({
        code: 2,
        stderr: expect.stringContaining(`No dead task ${task}.`),
      })
    }
    await bailiwick('down')
  })
})
