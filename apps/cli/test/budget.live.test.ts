import { requestRun } from '@bailiwick/bus'
import { DAEMON, pidOf } from '@bailiwick/coordinator/testing/survivors'
import { describe, expect, it } from 'vitest'
import { lastJson } from './program.ts'
import { eventsUntil, final, planReply, type Script, teamFolder } from './team-folder.ts'

const again = `<code>\nconsole.log("${'x'.repeat(400)}")\n</code>`

async function runJson(replies: Script, config: Record<string, unknown>) {
  await using place = await teamFolder(replies, { config })
  const ended = await place.bailiwick('run', 'x', '--json')
  return { code: ended.code, result: lastJson(ended) }
}

describe('a run that has used up its budget', () => {
  it('ends as exhausted, names the limit, and never exceeds it', async () => {
    const { code, result } = await runJson(
      { worker: { t1: Array.from({ length: 20 }, (_, n) => again.replace('xx', `${n}`)) } },
      { strategy: 'direct', lead: 'worker', budget: { tokens: 8_000 } },
    )
    expect(code).toBe(3)
    expect(result).toMatchObject({ status: 'exhausted', error: { code: 'exhausted', limit: 'tokens' } })
    expect(result.error.message).toMatch(
      /the run's budget \(tokens\) does not suffice: of 8000 tokens, its tasks have used \d+ tokens; .* Task t1 stopped, because the next request needs about \d+ tokens, but this task has \d+ left: of its budget of \d+, \d+ are used/,
    )
    const { inputTokens, outputTokens } = result.usage
    expect(inputTokens + outputTokens).toBeGreaterThan(1_000)
    expect(inputTokens + outputTokens).toBeLessThanOrEqual(8_000)
  })

  it('keeps the results that it has when its time is up', async () => {
    await using place = await teamFolder({
      planner: { plan: [planReply({ name: 't1' }, { name: 't2' })] },
      worker: { t1: [final('"done in time"')], t2: [{ text: final('2'), untilFile: 'never' }] },
    })
    await place.bailiwick('up', '--detach')
    await using bus = await place.connect()
    // How long the first task takes on this machine.
    await requestRun(bus, 'submit', { run: 'r1', text: 'x' })
    const events = await eventsUntil(bus, 'r1', 'task.ended', 'r1-t1')
    const [first = 0, last = 0] = [events.at(0), events.at(-1)].map((event) => Date.parse(event?.time ?? ''))
    await requestRun(bus, 'cancel', { run: 'r1' })

    const wallMs = 2_000 + 4 * (last - first)
    await requestRun(bus, 'submit', { run: 'r2', text: 'x', budget: { wallMs } })
    await eventsUntil(bus, 'r2', 'run.ended')
    const { result } = await requestRun(bus, 'get', { run: 'r2' })
    expect(result).toMatchObject({ status: 'exhausted', error: { code: 'exhausted', limit: 'wallMs' } })
    expect(JSON.stringify(result?.answer)).toContain('done in time')
  })

  it('has shared its steps out among its tasks', async () => {
    const { code, result } = await runJson(
      {
        planner: { plan: [planReply({ name: 't1' })] },
        worker: { '*': Array.from({ length: 9 }, (_, n) => again.replace('xx', `${n}`)) },
        writer: { answer: ['nothing'] },
      },
      { budget: { steps: 6 }, limits: { replans: 0 } },
    )
    expect(code).toBe(3)
    expect(result).toMatchObject({ status: 'exhausted', error: { limit: 'steps' } })
  })

  it('has not exceeded it when its coordinator died', async () => {
    const slow = (n: number) => ({ text: again.replace('xx', `${n}`), ...(n > 0 && { untilFile: 'go' }) })
    const replies = { worker: { t1: Array.from({ length: 30 }, (_, n) => slow(n)) } }
    await using place = await teamFolder(replies, {
      config: { strategy: 'direct', lead: 'worker', budget: { tokens: 12_000 } },
    })
    await place.bailiwick('up', '--detach')
    await using bus = await place.connect()
    await requestRun(bus, 'submit', { run: 'r1', text: 'x' })
    await eventsUntil(bus, 'r1', 'step.ended')
    process.kill(pidOf(place.folder, DAEMON), 'SIGKILL')
    process.kill(pidOf(place.folder, /worker\.mjs/), 'SIGKILL')
    await place.write('go', '')
    await place.bailiwick('up', '--detach')
    await eventsUntil(bus, 'r1', 'run.ended')
    const { result } = await requestRun(bus, 'get', { run: 'r1' })
    expect(result).toMatchObject({ status: 'exhausted', error: { limit: 'tokens' } })
    const { inputTokens = 0, outputTokens = 0 } = result?.usage ?? {}
    expect(inputTokens + outputTokens).toBeLessThanOrEqual(12_000)
  })
})
