import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { connectFromEnv, eventName, followEvents, listAgents, requestRun } from '@bailiwick/bus'
import { DAEMON, pidOf, untilNoneSurvive } from '@bailiwick/coordinator/testing/survivors'
import { startExternalServer } from '@bailiwick/nats-server/testing'
import { describe, expect, it, vi } from 'vitest'
import { bareEnv, lastJson, run } from './program.ts'
import { eventsUntil, final, nameAndTask, planReply, type Script, teamFolder } from './team-folder.ts'

const HOST = fileURLToPath(import.meta.resolve('@bailiwick/agent/main'))

const REPLIES: Script = {
  planner: { plan: [planReply({ name: 't1' })] },
  worker: { t1: [final('(await listFiles({})).length + 42')] },
  writer: { answer: ['It is {{t1.output}}.'] },
}

const AGENTS = [
  { name: 'worker', level: 5, tools: ['listFiles'] },
  { name: 'writer', level: 0, references: true },
]

/** A team's folder, and a server that is configured with the output of `nats-config`. */
async function prepared(replies: Script, ...args: string[]) {
  await using stack = new AsyncDisposableStack()
  const place = stack.use(await teamFolder(replies, { agents: AGENTS }))
  const made = await run(['nats-config', '--out', 'nats.conf', ...args], { cwd: place.folder })
  expect(made).toMatchObject({ code: 0, stdout: '' })
  const server = stack.use(await startExternalServer(await readFile(join(place.folder, 'nats.conf'), 'utf8')))
  const env = bareEnv({ NATS_URL: server.url })
  const disposable = stack.move()
  return {
    folder: place.folder,
    write: place.write,
    server,
    cli: (...words: string[]) => run(words, { cwd: place.folder, env }),
    [Symbol.asyncDispose]: () => disposable.disposeAsync(),
  }
}

describe.each(['jwt', 'nkey'])('an external server with --auth %s', (auth) => {
  it('passes doctor, and serves a team whose processes each have their own credentials', async () => {
    await using at = await prepared(REPLIES, '--auth', auth, '--tool-host', 'geography=population')
    const doctor = await at.cli('doctor')
    expect(doctor.stdout).toMatch(
      /nats-server\s+2\.\d+\.\d+ at nats:\/\/127\.0\.0\.1:\d+, not managed by Bailiwick/,
    )
    await at.cli('up', '--detach')
    const env = async (...words: string[]) => JSON.parse((await at.cli('env', '--json', ...words)).stdout)
    {
      await using reader = await connectFromEnv('reader', await env('--role', 'reader'))
      expect(reader.user).toBe('reader')
      const ended = await at.cli('run', 'x')
      expect(ended).toMatchObject({ code: 0, stdout: expect.stringContaining('It is 42.') })
      const seen: string[] = []
      for await (const { event } of followEvents(reader, { from: 'beginning' })) {
        seen.push(eventName(event.type) ?? '')
        if (seen.at(-1) === 'run.ended') break
      }
      expect(seen).toContain('call.ended')
      // A reader has no access to prompts.
      await expect(reader.jsm.streams.info('JOURNAL')).rejects.toThrow()
    }
    await using host = await connectFromEnv(
      'geography',
      await env('--role', 'tool-host:geography', '--tool', 'population'),
    )
    expect(host.user).toBe('geography')
    const stranger = await at.cli('env', '--role', 'agent:stranger')
    if (auth === 'jwt') expect(stranger.code).toBe(0)
    else expect(stranger.stderr).toContain('Expected credentials for agent-stranger')
    await host.close()
    await at.cli('down')
    expect(await untilNoneSurvive(at.folder)).toEqual([])
  })
})

describe('doctor, on a server that differs from the output of nats-config', () => {
  it.each([
    [
      'a small max_payload',
      /max_payload: \d+/,
      'max_payload: 1024',
      'Expected max_payload of at least 262144, found 1024',
    ],
    [
      'short lines',
      /max_control_line: \d+/,
      'max_control_line: 8192',
      'Set max_control_line to 65536 or more',
    ],
    ['other keys', /operator: \S+/, undefined, 'refuses these credentials'],
  ])('reports %s', async (_, setting, instead, said) => {
    await using place = await teamFolder(REPLIES, { agents: AGENTS })
    const made = async (folder: string) => {
      expect((await run(['nats-config', '--out', 'nats.conf'], { cwd: folder })).code).toBe(0)
      return readFile(join(folder, 'nats.conf'), 'utf8')
    }
    const own = await made(place.folder)
    await using other = await teamFolder(REPLIES, { agents: AGENTS })
    const config = instead === undefined ? await made(other.folder) : own.replace(setting, instead)
    expect(config).not.toBe(own)
    await using server = await startExternalServer(config)
    const env = bareEnv({ NATS_URL: server.url })
    const { code, stdout } = await run(['doctor'], { cwd: place.folder, env })
    expect(stdout).toContain(said)
    expect(code).toBe(1)
  })
})

describe('a host that the daemon did not start', () => {
  it('loses its task to the next host when its heartbeats stop', async () => {
    await using at = await prepared(REPLIES)
    await at.cli('up', '--detach')
    const agent = join(at.folder, 'outsider.mjs')
    await writeFile(
      agent,
      `export default ${JSON.stringify({ name: 'outsider', description: 'x', level: 5 })}`,
    )
    const replies = join(at.folder, 'outside.json')
    const slow = { text: final('42'), untilFile: 'go' }
    await writeFile(replies, JSON.stringify({ outsider: { '*': ['<code>\nlet a = 1\n</code>', slow] } }))
    const access = JSON.parse((await at.cli('env', '--json', '--role', 'agent:outsider')).stdout)
    const host = () =>
      spawn(process.execPath, [...process.execArgv, HOST, agent], {
        env: { ...bareEnv(), ...access, BAILIWICK_MODEL: `scripted:${replies}` },
        stdio: ['ignore', 'pipe', 'inherit'],
      })
    await using hosts = new AsyncDisposableStack()
    for (const each of [host(), host()]) {
      hosts.defer(() => void each.kill('SIGTERM'))
      await once(each.stdout, 'data')
    }
    {
      const access = JSON.parse((await at.cli('env', '--json')).stdout)
      await using user = await connectFromEnv('user', access)
      const outsiders = async () => (await listAgents(user)).filter(({ card }) => card.name === 'outsider')
      await vi.waitFor(async () => expect(await outsiders()).toHaveLength(2), { timeout: 60_000 })
      await vi.waitFor(() => requestRun(user, 'submit', { run: 'r1', text: 'x', agent: 'outsider' }), {
        timeout: 60_000,
      })
      await eventsUntil(user, 'r1', 'step.ended')
      const busy = await vi.waitFor(
        async () => {
          const found = (await outsiders()).find((one) => one.busy > 0)
          expect(found).toBeDefined()
          return found
        },
        { timeout: 60_000 },
      )
      if (busy !== undefined) process.kill(busy.pid, 'SIGKILL')
      const killedAt = Date.now()
      await at.write('go', '')
      const events = await eventsUntil(user, 'r1', 'run.ended')
      expect((await requestRun(user, 'get', { run: 'r1' })).result).toMatchObject({ answer: 42 })
      const starts = events.filter((event) => nameAndTask(event) === 'task.started r1-t1')
      expect(starts).toHaveLength(2)
      // Three missed heartbeats of two seconds and the hand-over. Without it, the server waits for 30 s.
      expect(Date.parse(starts[1]?.time ?? '') - killedAt).toBeLessThan(25_000)
    }
    await hosts.disposeAsync()
    await at.cli('down')
    expect(await untilNoneSurvive(at.folder)).toEqual([])
  })
})

describe('two daemons on one server', () => {
  it('fence off a daemon that was stopped and wakes up, and do nothing twice', async () => {
    const slow = { text: final('42'), untilFile: 'go' }
    const worker = { t1: ['<code>\nlet a = 1\n</code>', slow], '*': [final('7')] }
    const replies = { ...REPLIES, worker }
    await using first = await prepared(replies)
    await using place = await teamFolder(replies, { agents: AGENTS })
    const env = bareEnv({
      NATS_URL: first.server.url,
      NATS_CREDS: join(first.folder, '.bailiwick', 'credentials', 'coordinator.creds'),
    })
    const second = (...words: string[]) => run(words, { cwd: place.folder, env })
    await first.cli('up', '--detach')
    const daemon = pidOf(first.folder, DAEMON)
    const access = JSON.parse((await first.cli('env', '--json')).stdout)
    {
      await using user = await connectFromEnv('user', access)
      await requestRun(user, 'submit', { run: 'r1', text: 'x' })
      await eventsUntil(user, 'r1', 'step.ended', 'r1-t1')
      process.kill(daemon, 'SIGSTOP')
      // It takes the run over when the first one has been silent for long enough.
      await second('up', '--detach')
      for (const folder of [first.folder, place.folder]) await writeFile(join(folder, 'go'), '')
      await eventsUntil(user, 'r1', 'run.ended')
      process.kill(daemon, 'SIGCONT')
      // Both daemons accept runs again.
      const again = await first.cli('run', 'y', '--agent', 'worker', '--json')
      expect(lastJson(again)).toMatchObject({ status: 'completed' })
      const events: string[] = []
      for await (const { event } of followEvents(user, { from: 'beginning' })) {
        events.push(`${eventName(event.type)} ${event.subject}`)
        if (events.at(-1)?.startsWith('run.ended') && !events.at(-1)?.includes('r1/')) break
      }
      // Two coordinators have driven it.
      const once = events.filter((line) => /^(run|task)\.(?!driven)/.test(line))
      expect(once).toEqual([...new Set(once)])
      expect((await requestRun(user, 'get', { run: 'r1' })).result).toMatchObject({ answer: 'It is 42.' })
    }
    await second('down')
    await first.cli('down')
    expect(await untilNoneSurvive(first.folder)).toEqual([])
    expect(await untilNoneSurvive(place.folder)).toEqual([])
  })
})

describe('bailiwick nats-config', () => {
  it('prints no secret', async () => {
    await using place = await teamFolder(REPLIES, { agents: AGENTS })
    for (const auth of ['jwt', 'nkey']) {
      const { stdout, stderr } = await run(['nats-config', '--auth', auth], { cwd: place.folder })
      expect(stdout).toContain('max_control_line: 65536')
      expect(stderr).toContain('Wrote credentials for coordinator, toolbox, worker, writer, user, reader')
      expect(stdout + stderr).not.toMatch(/\bS[UAO][A-Z2-7]{56}\b/)
    }
  })

  it.each([
    [['--auth', 'kerberos'], `argument 'kerberos' is invalid. Allowed choices are jwt, nkey.`],
    [['--tool-host', 'geography'], '--tool-host: expected name=tool,tool, found "geography".'],
  ])('refuses %j', async (args, message) => {
    await using place = await teamFolder(REPLIES, { agents: AGENTS })
    const { code, stderr } = await run(['nats-config', ...args], { cwd: place.folder })
    expect(code).toBe(2)
    expect(stderr).toContain(message)
  })
})
