import { connectFromEnv, eventName, followEvents, requestRun } from '@bailiwick/bus'
import { DAEMON, pidOf } from '@bailiwick/coordinator/testing/survivors'
import { describe, expect, it } from 'vitest'
import { run } from './program.ts'
import { final, planReply, type Script, teamFolder } from './team-folder.ts'

const again = `<code>\nconsole.log("${'x'.repeat(400)}")\n</code>`

async function runJson(replies: Script, config: Record<string, unknown>) {
  await using place = await teamFolder(replies, { config })
  const { code, stdout } = await run(['run', 'x', '--json'], { cwd: place.folder })
  return { code, result: JSON.parse(stdout.trim().split('\n').at(-1) ?? '') }
}

describe('a run that has spent its budget', () => {
  it('ends as exhausted, says which limit, and never went over it', async () => {
    const { code, result } = await runJson(
      { worker: { t1: Array.from({ length: 20 }, (_, n) => again.replace('xx', `${n}`)) } },
      { strategy: 'direct', lead: 'worker', budget: { tokens: 8_000 } },
    )
    expect(code).toBe(3)
    expect(result).toMatchObject({ status: 'exhausted', error: { code: 'exhausted', limit: 'tokens' } })
    expect(result.error.message).toContain("the run's budget (tokens) is spent")
    const { inputTokens, outputTokens } = result.usage
    expect(inputTokens + outputTokens).toBeGreaterThan(1_000)
    expect(inputTokens + outputTokens).toBeLessThanOrEqual(8_000)
  })

  it('keeps what it has when its time is over', async () => {
    const begun = Date.now()
    const { code, result } = await runJson(
      {
        planner: { plan: [planReply({ name: 't1' }, { name: 't2' })] },
        worker: { t1: [final('"done in time"')], t2: [{ text: final('2'), delayMs: 60_000 }] },
      },
      { budget: { wallMs: 4_000 } },
    )
    expect(code).toBe(3)
    expect(result).toMatchObject({ status: 'exhausted', error: { code: 'exhausted', limit: 'wallMs' } })
    expect(JSON.stringify(result.answer)).toContain('done in time')
    expect(Date.now() - begun).toBeLessThan(20_000)
  })

  it('shares its steps out among its tasks', async () => {
    const { result } = await runJson(
      {
        planner: { plan: [planReply({ name: 't1' })] },
        worker: { '*': Array.from({ length: 9 }, (_, n) => again.replace('xx', `${n}`)) },
        writer: { answer: ['nothing'] },
      },
      { budget: { steps: 6 }, limits: { replans: 0 } },
    )
    expect(result).toMatchObject({ status: 'exhausted', error: { limit: 'steps' } })
  })

  it('holds across the death of its coordinator', async () => {
    const slow = (n: number) => ({ text: again.replace('xx', `${n}`), delayMs: 100 })
    const replies = { worker: { t1: Array.from({ length: 30 }, (_, n) => slow(n)) } }
    await using place = await teamFolder(replies, {
      config: { strategy: 'direct', lead: 'worker', budget: { tokens: 12_000 } },
    })
    const cli = (...args: string[]) => run(args, { cwd: place.folder })
    await cli('up', '--detach')
    const env = JSON.parse((await cli('env', '--json')).stdout)
    {
      await using user = await connectFromEnv('test', env)
      await requestRun(user, 'submit', { run: 'r1', text: 'x' })
      for await (const { event } of followEvents(user, { from: 'beginning', run: 'r1' })) {
        if (eventName(event.type) === 'step.ended') break
      }
      process.kill(pidOf(place.folder, DAEMON), 'SIGKILL')
      process.kill(pidOf(place.folder, /worker\.mjs/), 'SIGKILL')
      await cli('up', '--detach')
      for await (const { event } of followEvents(user, { from: 'beginning', run: 'r1' })) {
        if (eventName(event.type) === 'run.ended') break
      }
      const { result } = await requestRun(user, 'get', { run: 'r1' })
      expect(result).toMatchObject({ status: 'exhausted', error: { limit: 'tokens' } })
      const { inputTokens = 0, outputTokens = 0 } = result?.usage ?? {}
      expect(inputTokens + outputTokens).toBeLessThanOrEqual(12_000)
    }
    await cli('down')
  })
})
