import { readFile } from 'node:fs/promises'
import { connectBus, requestRun } from '@bailiwick/bus'
import { DAEMON, pidOf, survivors, untilNoneSurvive } from '@bailiwick/coordinator/testing/survivors'
import { describe, expect, it } from 'vitest'
import {
  eventsUntil,
  final,
  nameAndTask,
  planReply,
  type Script,
  type TeamFolder,
  type TestAgent,
  teamFolder,
  WORKER_AND_WRITER,
} from './team-folder.ts'

/** A run whose first task is in its second step until the file `go` exists. */
const SLOW: Script = {
  planner: { plan: [planReply({ name: 't1' })] },
  worker: { t1: ['<code>\nlet sum = 1\n</code>', { text: final('sum + 41'), untilFile: 'go' }] },
  writer: { answer: ['It is {{t1.output}}.'] },
}

const killDaemon = async ({ folder }: TeamFolder) => {
  process.kill(pidOf(folder, DAEMON), 'SIGKILL')
}

/** Gives a run to a daemon, does something to the daemon in the middle of the run, and lets the next one finish it. */
async function between(
  act: (place: TeamFolder) => Promise<unknown>,
  options: { replies?: Script; when?: string; agents?: TestAgent[] } = {},
) {
  const { replies = SLOW, when = 'step.ended r1-t1', agents = WORKER_AND_WRITER } = options
  const [name = '', task = ''] = when.split(' ')
  await using place = await teamFolder(replies, { agents })
  await place.bailiwick('up', '--detach')
  {
    await using first = await place.connect()
    await requestRun(first, 'submit', { run: 'r1', text: 'x' })
    await eventsUntil(first, 'r1', name, task)
  }
  const before = pidOf(place.folder, /worker\.mjs/)
  await act(place)
  const up = await place.bailiwick('up', '--detach')
  const after = pidOf(place.folder, /worker\.mjs/)
  await place.write('go', '')
  const ended = await (async () => {
    await using bus = await place.connect()
    const events = await eventsUntil(bus, 'r1', 'run.ended')
    const { dead } = await requestRun(bus, 'dead', {})
    return { events, dead, details: await requestRun(bus, 'get', { run: 'r1' }) }
  })()
  await place.bailiwick('down')
  return {
    ...ended,
    up,
    seen: ended.events.map(nameAndTask),
    replied: ended.events
      .filter((event) => nameAndTask(event).startsWith('step.replied '))
      .map(({ task, data }) => `${task} ${data.step} ${data.purpose}`),
    adopted: before === after,
    left: await untilNoneSurvive(place.folder),
  }
}

describe('the next daemon', () => {
  it('adopts the processes and the runs of a daemon that was killed', async () => {
    const { up, details, seen, adopted, left } = await between(killDaemon)
    expect(up.stderr).toContain('Resumed 1 open run.')
    expect(adopted).toBe(true)
    expect(details.result).toMatchObject({ status: 'completed', answer: 'It is 42.' })
    // No task was restarted, and no event is missing or doubled.
    expect(seen.filter((line) => line === 'task.started r1-t1')).toHaveLength(1)
    expect(new Set(seen).size).toBeGreaterThan(10)
    expect(seen.filter((line) => line.startsWith('run.'))).toEqual([
      'run.submitted run',
      'run.planned run',
      'run.ended run',
    ])
    expect(left).toEqual([])
  })

  const held = { untilFile: 'go' }
  it.each([
    [
      'plan',
      'task.started',
      { ...SLOW, planner: { plan: [{ ...held, text: planReply({ name: 't1' }) }] } },
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
      'started',
      {
        ...SLOW,
        worker: { t1: [final('42')] },
        writer: { answer: [{ ...held, text: 'It is {{t1.output}}.' }] },
      },
      'task.started r1-answer',
    ],
    ['synthesise', 'written', { ...SLOW, worker: { t1: [final('42')] } }, 'task.ended r1-answer'],
  ] as [string, string, Script, string][])(
    'continues a run in %s (%s), and repeats nothing',
    async (_node, _where, replies, when) => {
      const { details, seen, replied, left } = await between(killDaemon, { replies, when })
      if (when === 'task.ended r1-t1') expect(details.result).toMatchObject({ status: 'failed' })
      else expect(details.result).toMatchObject({ status: 'completed', answer: 'It is 42.' })
      expect(replied).toEqual([...new Set(replied)])
      const once = seen.filter((line) => /^(task\.created|task\.ended|run\.)/.test(line))
      expect(once).toEqual([...new Set(once)])
      expect(left).toEqual([])
    },
  )

  it.each([
    ['planner', 'plan', { ...SLOW, planner: { plan: [{ ...held, text: planReply({ name: 't1' }) }] } }],
    [
      'synthesiser',
      'answer',
      {
        ...SLOW,
        planner: { plan: [planReply({ name: 't1' }, { name: 't2' })] },
        worker: { '*': [final('42')] },
        synthesiser: { answer: [{ ...held, text: 'It is {{t1.output}}.' }] },
      },
    ],
  ] as [string, string, Script][])(
    "gives no task of the coordinator to the team's agent %s",
    async (name, task, replies) => {
      const { details, dead, seen, left } = await between(killDaemon, {
        replies,
        when: `task.started r1-${task}`,
        agents: [
          { name: 'worker', level: 5 },
          { name, level: 0 },
          ...(name === 'planner' ? [{ name: 'writer', level: 0, references: true }] : []),
        ],
      })
      expect(details.result).toMatchObject({ status: 'completed', answer: 'It is 42.' })
      expect(seen.filter((line) => line === `task.ended r1-${task}`)).toHaveLength(1)
      expect(dead).toEqual([])
      expect(left).toEqual([])
    },
  )

  it('continues a run that was open when "down" ended the daemon', async () => {
    const { details, adopted, left } = await between(async ({ folder, bailiwick }) => {
      expect((await bailiwick('down')).code).toBe(0)
      expect(survivors(folder)).toEqual([])
    })
    expect(adopted).toBe(false)
    expect(details.result).toMatchObject({ status: 'completed', answer: 'It is 42.' })
    expect(left).toEqual([])
  })

  it('ends a host whose grant has shrunk, and revokes its key', async () => {
    const agents = [
      { name: 'worker', level: 5, tools: ['readFile'] },
      { name: 'writer', level: 0, references: true },
    ]
    await using place = await teamFolder(SLOW, { agents })
    const { bailiwick } = place
    await bailiwick('up', '--detach')
    const { NATS_URL: url } = JSON.parse((await bailiwick('env', '--json')).stdout)
    const creds = await readFile(`${place.folder}/.bailiwick/credentials/worker.creds`, 'utf8')
    await (await connectBus({ url, creds, name: 'copy' })).drain()
    const host = pidOf(place.folder, /worker\.mjs/)
    await killDaemon(place)
    const model = `scripted:${place.folder}/replies.json`
    const team = [{ agent: './worker.mjs', tools: [] }, { agent: './writer.mjs' }]
    await place.write('bailiwick.config.mjs', `export default ${JSON.stringify({ model, team })}`)
    const up = await bailiwick('up', '--detach')
    expect(up.stderr).toMatch(/Ending agent-worker-1 .* because its settings have changed/)
    expect(pidOf(place.folder, /worker\.mjs/)).not.toBe(host)
    await expect(connectBus({ url, creds, name: 'copy' })).rejects.toMatchObject({ code: 'bus-auth' })
    // Credentials for other machines stay valid when the same name gets new ones.
    const given = async (tool: string) => {
      const { stdout } = await bailiwick('env', '--role', 'tool-host:marks', '--tool', tool, '--json')
      return readFile(JSON.parse(stdout).NATS_CREDS, 'utf8')
    }
    const first = await given('one')
    await given('other')
    await (await connectBus({ url, creds: first, name: 'elsewhere' })).drain()
  })
})

describe('bailiwick down', () => {
  it('ends what a killed daemon left behind', async () => {
    await using place = await teamFolder(SLOW)
    await place.bailiwick('up', '--detach')
    await killDaemon(place)
    const down = await place.bailiwick('down')
    expect(down.stdout).toMatch(/Ended .*agent-worker-1 \(process \d+\).*nats-server \(process \d+\)/)
    expect(await untilNoneSurvive(place.folder)).toEqual([])
    expect((await place.bailiwick('down')).stdout).toContain('No daemon is running on')
  })
})
