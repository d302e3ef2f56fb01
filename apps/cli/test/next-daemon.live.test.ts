import { readFile } from 'node:fs/promises'
import { type Bus, connectBus, connectFromEnv, eventName, followEvents, requestRun } from '@bailiwick/bus'
import { DAEMON, pidOf, survivors, untilNoneSurvive } from '@bailiwick/coordinator/testing/survivors'
import { describe, expect, it } from 'vitest'
import { run } from './program.ts'
import {
  final,
  planReply,
  type Script,
  type TeamFolder,
  type TestAgent,
  teamFolder,
  WORKER_AND_WRITER,
} from './team-folder.ts'

const SLOW: Script = {
  planner: { plan: [planReply({ name: 't1' })] },
  worker: { t1: ['<code>\nlet sum = 1\n</code>', { text: final('sum + 41'), delayMs: 3_000 }] },
  writer: { answer: ['It is {{t1.output}}.'] },
}

/** Starts a daemon, gives it a run, does something to it in the middle, and sees what the next one makes of it. */
async function between(
  act: (place: TeamFolder) => Promise<unknown>,
  options: { replies?: Script; when?: string; agents?: TestAgent[] } = {},
) {
  const { replies = SLOW, when = 'step.ended r1-t1', agents = WORKER_AND_WRITER } = options
  await using place = await teamFolder(replies, { agents })
  const bailiwick = (...args: string[]) => run(args, { cwd: place.folder })
  const bus = async () => connectFromEnv('test', JSON.parse((await bailiwick('env', '--json')).stdout))
  await bailiwick('up', '--detach')
  {
    await using first = await bus()
    await requestRun(first, 'submit', { run: 'r1', text: 'x' })
    for await (const { event } of followEvents(first, { from: 'beginning', run: 'r1' })) {
      if (`${eventName(event.type)} ${event.task}` === when) break
    }
  }
  const before = pidOf(place.folder, /worker\.mjs/)
  await act(place)
  const up = await bailiwick('up', '--detach')
  const after = pidOf(place.folder, /worker\.mjs/)
  const { seen, replied, view, dead } = await follow(await bus())
  await bailiwick('down')
  return {
    up,
    view,
    dead,
    seen,
    replied,
    adopted: before === after,
    left: await untilNoneSurvive(place.folder),
  }
}

/** All events of the run until it has ended, and what is known of it then. */
async function follow(opened: Bus) {
  await using bus = opened
  const seen: string[] = []
  const replied: string[] = []
  for await (const { event } of followEvents(bus, { from: 'beginning', run: 'r1' })) {
    const name = eventName(event.type)
    seen.push(`${name} ${event.task}`)
    if (name === 'step.replied') replied.push(`${event.task} ${event.data.step} ${event.data.purpose}`)
    if (name === 'run.ended') break
  }
  const { dead } = await requestRun(bus, 'dead', {})
  return { seen, replied, dead, view: await requestRun(bus, 'get', { run: 'r1' }) }
}

describe('the next daemon', () => {
  it('adopts what lives of one that was killed, and every open run', async () => {
    const { up, view, seen, adopted, left } = await between(async ({ folder }) => {
      process.kill(pidOf(folder, DAEMON), 'SIGKILL')
    })
    expect(up.stderr).toContain('Resumed 1 open run.')
    expect(adopted).toBe(true)
    expect(view.result).toMatchObject({ status: 'completed', answer: 'It is 42.' })
    // Nothing was begun anew, and no event is missing or doubled.
    expect(seen.filter((line) => line === 'task.started r1-t1')).toHaveLength(1)
    expect(new Set(seen).size).toBeGreaterThan(10)
    expect(seen.filter((line) => line.startsWith('run.'))).toEqual([
      'run.submitted run',
      'run.planned run',
      'run.ended run',
    ])
    expect(left).toEqual([])
  })

  const later = { delayMs: 1_500 }
  it.each([
    [
      'plan',
      'task.started',
      { ...SLOW, planner: { plan: [{ ...later, text: planReply({ name: 't1' }) }] } },
      'task.started r1-plan',
    ],
    ['plan', 'done', SLOW, 'run.planned run'],
    ['execute', 'dispatched', SLOW, 'task.created r1-t1'],
    [
      'review',
      'after a failure',
      {
        ...SLOW,
        // The second attempt is another task: the script's first entry fails, its second is right.
        worker: { t1: [], '*': [] },
        planner: { plan: [planReply({ name: 't1' }), planReply({ name: 't2' })] },
      },
      'task.ended r1-t1',
    ],
    [
      'synthesise',
      'begun',
      { ...SLOW, writer: { answer: [{ ...later, text: 'It is {{t1.output}}.' }] } },
      'task.started r1-answer',
    ],
    ['synthesise', 'written', SLOW, 'task.ended r1-answer'],
  ] as [string, string, Script, string][])('goes on in %s (%s)', async (_node, _where, replies, when) => {
    const { view, seen, replied, left } = await between(
      async ({ folder }) => {
        process.kill(pidOf(folder, DAEMON), 'SIGKILL')
      },
      { replies, when },
    )
    if (when === 'task.ended r1-t1') expect(view.result).toMatchObject({ status: 'failed' })
    else expect(view.result).toMatchObject({ status: 'completed', answer: 'It is 42.' })
    // No reply was asked for twice, and every task was created, and ended, once.
    expect(replied).toEqual([...new Set(replied)])
    const once = seen.filter((line) => /^(task\.created|task\.ended|run\.)/.test(line))
    expect(once).toEqual([...new Set(once)])
    expect(left).toEqual([])
  })

  it.each([
    ['planner', 'plan', { ...SLOW, planner: { plan: [{ ...later, text: planReply({ name: 't1' }) }] } }],
    [
      'synthesiser',
      'answer',
      {
        ...SLOW,
        planner: { plan: [planReply({ name: 't1' }, { name: 't2' })] },
        worker: { '*': [final('42')] },
        synthesiser: { answer: [{ ...later, text: 'It is {{t1.output}}.' }] },
      },
    ],
  ] as [string, string, Script][])(
    "gives an agent called %s nothing of the coordinator's own",
    async (name, task, replies) => {
      const { view, dead, seen, left } = await between(
        async ({ folder }) => {
          process.kill(pidOf(folder, DAEMON), 'SIGKILL')
        },
        {
          replies,
          when: `task.started r1-${task}`,
          agents: [
            { name: 'worker', level: 5 },
            { name, level: 0 },
            ...(name === 'planner' ? [{ name: 'writer', level: 0, references: true }] : []),
          ],
        },
      )
      expect(view.result).toMatchObject({ status: 'completed', answer: 'It is 42.' })
      expect(seen.filter((line) => line === `task.ended r1-${task}`)).toHaveLength(1)
      expect(dead).toEqual([])
      expect(left).toEqual([])
    },
  )

  it('goes on with a run that was open when one was ended in order', async () => {
    const { view, adopted, left } = await between(async ({ folder }) => {
      expect((await run(['down'], { cwd: folder })).code).toBe(0)
      expect(survivors(folder)).toEqual([])
    })
    expect(adopted).toBe(false)
    expect(view.result).toMatchObject({ status: 'completed', answer: 'It is 42.' })
    expect(left).toEqual([])
  })

  it('keeps no host whose rights were taken away, and the key it had opens nothing any more', async () => {
    const agents = [
      { name: 'worker', level: 5, tools: ['readFile'] },
      { name: 'writer', level: 0, references: true },
    ]
    await using place = await teamFolder(SLOW, { agents })
    const bailiwick = (...args: string[]) => run(args, { cwd: place.folder })
    await bailiwick('up', '--detach')
    const { NATS_URL: url } = JSON.parse((await bailiwick('env', '--json')).stdout)
    const creds = await readFile(`${place.folder}/.bailiwick/credentials/worker.creds`, 'utf8')
    await (await connectBus({ url, creds, name: 'copy' })).drain()
    const host = pidOf(place.folder, /worker\.mjs/)
    process.kill(pidOf(place.folder, DAEMON), 'SIGKILL')
    const model = `scripted:${place.folder}/replies.json`
    const team = [{ agent: './worker.mjs', tools: [] }, { agent: './writer.mjs' }]
    await place.write('bailiwick.config.mjs', `export default ${JSON.stringify({ model, team })}`)
    const up = await bailiwick('up', '--detach')
    expect(up.stderr).toMatch(/Ending agent-worker-1 .* because its settings have changed/)
    expect(pidOf(place.folder, /worker\.mjs/)).not.toBe(host)
    await expect(connectBus({ url, creds, name: 'copy' })).rejects.toMatchObject({ code: 'bus-auth' })
    // What was given out for processes elsewhere stays good, whatever is given out under the name later.
    const given = async (tool: string) => {
      const { stdout } = await bailiwick('env', '--role', 'tool-host:marks', '--tool', tool, '--json')
      return readFile(JSON.parse(stdout).NATS_CREDS, 'utf8')
    }
    const first = await given('one')
    await given('other')
    await (await connectBus({ url, creds: first, name: 'elsewhere' })).drain()
    await bailiwick('down')
    expect(await untilNoneSurvive(place.folder)).toEqual([])
  })

  it('is not needed to end what a killed one left behind: down does', async () => {
    await using place = await teamFolder(SLOW)
    await run(['up', '--detach'], { cwd: place.folder })
    process.kill(pidOf(place.folder, DAEMON), 'SIGKILL')
    const down = await run(['down'], { cwd: place.folder })
    expect(down.stdout).toMatch(/Ended .*agent-worker-1 \(process \d+\).*nats-server \(process \d+\)/)
    expect(await untilNoneSurvive(place.folder)).toEqual([])
    expect((await run(['down'], { cwd: place.folder })).stdout).toContain('No daemon is running on')
  })
})
