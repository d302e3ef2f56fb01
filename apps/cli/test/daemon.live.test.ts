import { readFile, stat } from 'node:fs/promises'
import { connectFromEnv, followEvents, requestRun } from '@bailiwick/bus'
import { untilNoneSurvive } from '@bailiwick/coordinator/testing/survivors'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { lastJson } from './program.ts'
import { eventsUntil, final, nameAndTask, planReply, type TeamFolder, teamFolder } from './team-folder.ts'

describe('a daemon', () => {
  let place: TeamFolder
  const bailiwick = (...args: string[]) => place.bailiwick(...args)
  const asJson = async (...args: string[]) => lastJson(await bailiwick(...args, '--json'))

  beforeAll(async () => {
    place = await teamFolder(
      {
        planner: { plan: [planReply({ name: 't1' })] },
        worker: { t1: [final('6 * 7')], slow: [] },
        writer: { answer: ['It is {{t1.output}}.'] },
        sleeper: { t1: [{ text: 'at last', untilFile: 'never' }] },
      },
      {
        agents: [
          { name: 'worker', level: 5 },
          { name: 'writer', level: 0, references: true },
          { name: 'sleeper', level: 0 },
        ],
        members: { worker: { replicas: 2, maxConcurrent: 3 } },
      },
    )
    const up = await bailiwick('up', '--detach')
    expect(up.stdout).toMatch(/daemon \d+ is ready at nats:\/\/127\.0\.0\.1:\d+/)
    expect(up.code).toBe(0)
  })
  afterAll(async () => {
    await place?.[Symbol.asyncDispose]()
  })

  it('reports its processes and its agents', async () => {
    const status = await asJson('status')
    expect(status.processes.map(({ name, state }: Record<string, string>) => `${name} ${state}`)).toEqual([
      'toolbox running',
      'agent-worker-1 running',
      'agent-worker-2 running',
      'agent-writer-1 running',
      'agent-sleeper-1 running',
    ])
    const { hosts } = status.agents.find(({ name }: { name: string }) => name === 'worker')
    expect(hosts.map(({ slots }: { slots: number }) => slots)).toEqual([3, 3])
    const words = await bailiwick('status')
    expect(words.stdout).toContain('agent-worker-2')
  })

  it('keeps its address and credentials readable by their owner alone', async () => {
    for (const file of ['daemon.json', 'credentials/user.creds', 'credentials/worker.creds']) {
      expect((await stat(`${place.folder}/.bailiwick/${file}`)).mode & 0o777).toBe(0o600)
    }
    expect((await stat(`${place.folder}/.bailiwick`)).mode & 0o777).toBe(0o700)
  })

  it('serves, lists and shows runs', async () => {
    const ended = await bailiwick('run', 'What is it?')
    expect(ended).toMatchObject({ code: 0, stdout: 'It is 42.\n' })
    const { runs } = await asJson('runs')
    expect(runs[0]).toMatchObject({ status: 'completed', text: 'What is it?' })
    const shown = await bailiwick('show', runs[0].run)
    expect(shown.stdout).toMatch(/t1 worker: completed/)
    const journal = await bailiwick('show', runs[0].run, '--task', 't1')
    expect(journal.stdout).toContain('finalAnswer(6 * 7)')
    await bailiwick('show', runs[0].run, '--out', 'shown')
    expect(await readFile(`${place.folder}/shown/report.md`, 'utf8')).toMatch(/^It is 42\.\n/)
  })

  it('refuses an unknown run', async () => {
    for (const command of ['show', 'cancel']) {
      const ended = await bailiwick(command, 'rnobody')
      expect(ended.stderr).toContain('no run rnobody')
      expect(ended.code).toBe(2)
    }
  })

  it('starts a run once that is submitted several times', async () => {
    await using bus = await place.connect()
    const order = { run: 'rtwice', text: 'x' }
    const answers = await Promise.all([requestRun(bus, 'submit', order), requestRun(bus, 'submit', order)])
    expect(answers.map(({ duplicate }) => duplicate).toSorted()).toEqual([false, true])
    expect(await requestRun(bus, 'submit', order)).toEqual({ run: 'rtwice', duplicate: true })
    const seen = (await eventsUntil(bus, 'rtwice', 'run.ended')).map(({ type }) => type)
    expect(seen.filter((type) => type.includes('run.submitted'))).toHaveLength(1)
    expect(seen.filter((type) => type.includes('task.created'))).toHaveLength(3)
  })

  it('carries out a given plan without the planner', async () => {
    await using bus = await place.connect()
    const task = { name: 't1', agent: 'worker', text: 'do t1', after: [], inputs: [] }
    await requestRun(bus, 'submit', { run: 'rplanned', text: 'x', plan: { tasks: [task] } })
    const events = await eventsUntil(bus, 'rplanned', 'run.ended')
    const created = events.map(nameAndTask).filter((line) => line.startsWith('task.created '))
    expect(created).toEqual(['task.created rplanned-t1', 'task.created rplanned-answer'])
    const unknown = { run: 'rbad', text: 'x', plan: { tasks: [{ ...task, agent: 'nobody' }] } }
    await expect(requestRun(bus, 'submit', unknown)).rejects.toThrow(/Cannot carry out the plan: .*nobody/)
  })

  it('lets a reader follow events and do nothing else', async () => {
    const { stdout } = await bailiwick('env', '--role', 'reader')
    const [, url = '', creds = ''] = /export NATS_URL='(.*)'\nexport NATS_CREDS='(.*)'/.exec(stdout) ?? []
    await using bus = await connectFromEnv('reader', { NATS_URL: url, NATS_CREDS: creds })
    for await (const { event } of followEvents(bus, { from: 'beginning' })) {
      expect(event.specversion).toBe('1.0')
      break
    }
    await expect(requestRun(bus, 'list', {}, { waitMs: 1_000 })).rejects.toThrow()
  })

  it('purges a run that has ended, and no other run', async () => {
    const [gone, kept] = [(await asJson('run', 'x')).run, (await asJson('run', 'x')).run]
    const purged = await bailiwick('purge', gone)
    expect(purged.stdout).toMatch(new RegExp(`^Deleted run ${gone}: \\d+ messages and files\\.\n$`))
    for (const command of [['show'], ['replay', 't1'], ['purge']]) {
      const [name = '', ...more] = command
      expect(await bailiwick(name, gone, ...more)).toMatchObject({
        code: 2,
        stderr: expect.stringContaining(`no run ${gone}`),
      })
    }
    const { runs } = await asJson('runs')
    const ids = runs.map(({ run }: { run: string }) => run)
    expect(ids).toContain(kept)
    expect(ids).not.toContain(gone)
    expect((await bailiwick('show', kept)).stdout).toContain('It is 42.')
  })

  it('cancels a run that is working, and purges it only then', async () => {
    await using bus = await place.connect()
    await requestRun(bus, 'submit', { run: 'rslow', text: 'x', agent: 'sleeper' })
    await eventsUntil(bus, 'rslow', 'task.started')
    expect(await bailiwick('purge', 'rslow')).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('found open run rslow. Cancel it first.'),
    })
    const canceled = await bailiwick('cancel', 'rslow', '--reason', 'no need')
    expect(canceled).toMatchObject({ code: 0, stdout: 'run rslow is canceled\n' })
    const shown = await bailiwick('show', 'rslow')
    expect(shown.stdout).toContain('canceled: no need')
    expect(shown.stdout).toMatch(/t1 sleeper: canceled/)
    expect((await bailiwick('purge', 'rslow')).code).toBe(0)
  })

  it('ends with all its processes at "down"', async () => {
    const down = await bailiwick('down')
    expect(down.stdout).toMatch(/Ended daemon/)
    expect(await untilNoneSurvive(place.folder)).toEqual([])
  })
})
