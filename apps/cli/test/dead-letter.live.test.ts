import { announceAgent, type Bus, requestRun, takeTasks } from '@bailiwick/bus'
import { describe, expect, it, vi } from 'vitest'
import { eventsUntil, teamFolder } from './team-folder.ts'

/** Takes the next task of an agent, and rejects it. */
async function refuse(bus: Bus, agent: string): Promise<void> {
  for await (const delivery of takeTasks(bus, agent)) {
    delivery.reject('not in my power')
    return
  }
}

describe('a task that a host rejects', () => {
  it('fails its run with the reason, and can be retried', async () => {
    await using place = await teamFolder({})
    const { bailiwick } = place
    await bailiwick('up', '--detach')
    {
      await using host = await place.connect('--role', 'agent:outsider')
      await using user = await place.connect()
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
      // The daemon learns of the host a moment later.
      await vi.waitFor(() => requestRun(user, 'submit', order), { timeout: 60_000 })
      await eventsUntil(user, 'r1', 'run.ended')
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
  })
})
