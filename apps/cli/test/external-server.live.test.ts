import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { connectFromEnv, eventName, followEvents, listAgents, requestRun } from '@bailiwick/bus'
import { DAEMON, pidOf, untilNoneSurvive } from '@bailiwick/coordinator/testing/survivors'
import { startExternalServer } from '@bailiwick/nats-server/testing'
import { describe, expect, it } from 'vitest'
import { bareEnv, run, start } from './program.ts'
import { final, planReply, type Script, teamFolder } from './team-folder.ts'

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

/** A team's folder, and a server that somebody runs with what `nats-config` printed. */
async function prepared(...args: string[]) {
  await using stack = new AsyncDisposableStack()
  const place = stack.use(await teamFolder(REPLIES, { agents: AGENTS }))
  const made = await run(['nats-config', '--out', 'nats.conf', ...args], { cwd: place.folder })
  expect(made).toMatchObject({ code: 0, stdout: '' })
  const server = stack.use(await startExternalServer(await readFile(join(place.folder, 'nats.conf'), 'utf8')))
  const env = bareEnv({ NATS_URL: server.url })
  const disposable = stack.move()
  return {
    folder: place.folder,
    server,
    cli: (...words: string[]) => run(words, { cwd: place.folder, env }),
    begin: (...words: string[]) => start(words, { cwd: place.folder, env }),
    [Symbol.asyncDispose]: () => disposable.disposeAsync(),
  }
}

describe.each(['jwt', 'nkey'])('a server that is run by somebody else, with --auth %s', (auth) => {
  it('is checked by doctor, and runs the team, every process as itself', async () => {
    await using at = await prepared('--auth', auth, '--tool-host', 'geography=population')
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
      // A reader sees no prompts, and asks for nothing.
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

describe('a server that has not what nats-config printed', () => {
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
  ])('is told by doctor: %s', async (_, setting, instead, said) => {
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
  it('is missed by its heartbeats, and its task goes to the next', async () => {
    await using at = await prepared()
    await at.cli('up', '--detach')
    const agent = join(at.folder, 'outsider.mjs')
    await writeFile(
      agent,
      `export default ${JSON.stringify({ name: 'outsider', description: 'x', level: 5 })}`,
    )
    const replies = join(at.folder, 'outside.json')
    const slow = { text: final('42'), delayMs: 1_000 }
    await writeFile(replies, JSON.stringify({ outsider: { '*': ['<code>\nlet a = 1\n</code>', slow] } }))
    const access = JSON.parse((await at.cli('env', '--json', '--role', 'agent:outsider')).stdout)
    const host = () =>
      spawn(process.execPath, [...process.execArgv, HOST, agent], {
        env: { ...bareEnv(), ...access, BAILIWICK_MODEL: `scripted:${replies}` },
        stdio: ['ignore', 'pipe', 'inherit'],
      })
    const hosts = [host(), host()]
    for (const { stdout } of hosts) await once(stdout as NodeJS.ReadableStream, 'data')
    {
      const access = JSON.parse((await at.cli('env', '--json')).stdout)
      await using user = await connectFromEnv('user', access)
      const order = { run: 'r1', text: 'x', agent: 'outsider' }
      while ((await requestRun(user, 'submit', order).catch(() => undefined)) === undefined);
      const attempts: number[] = []
      for await (const { event } of followEvents(user, { from: 'beginning', run: 'r1' })) {
        const name = eventName(event.type)
        if (name === 'run.ended') break
        if (name === 'task.started') attempts.push(Date.parse(event.time))
        if (name !== 'step.ended' || attempts.length > 1) continue
        const dead = (await listAgents(user)).find(({ busy }) => busy > 0)
        process.kill(dead?.pid ?? 0, 'SIGKILL')
        attempts[0] = Date.now()
      }
      expect((await requestRun(user, 'get', { run: 'r1' })).result).toMatchObject({ answer: 42 })
      expect(attempts).toHaveLength(2)
      // Three intervals of two seconds, and what handing over takes; the server itself would wait for 30 s.
      expect((attempts[1] ?? 0) - (attempts[0] ?? 0)).toBeLessThan(12_000)
    }
    for (const each of hosts) each.kill('SIGTERM')
    await at.cli('down')
    expect(await untilNoneSurvive(at.folder)).toEqual([])
  })
})

describe('two daemons on one server', () => {
  it('one that is stopped and wakes up is refused by the fence, and nothing happens twice', async () => {
    await using first = await prepared()
    const slow = { text: final('42'), delayMs: 3_000 }
    const replies = { ...REPLIES, worker: { t1: ['<code>\nlet a = 1\n</code>', slow], '*': [final('7')] } }
    await using place = await teamFolder(replies, { agents: AGENTS })
    await writeFile(join(first.folder, 'replies.json'), JSON.stringify(replies))
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
      for await (const { event } of followEvents(user, { from: 'beginning', run: 'r1' })) {
        if (eventName(event.type) === 'step.ended' && event.task === 'r1-t1') break
      }
      process.kill(daemon, 'SIGSTOP')
      const up = await second('up', '--detach')
      expect(up.stderr).toContain('Resumed 1 open run.')
      const seen: string[] = []
      for await (const { event } of followEvents(user, { from: 'beginning', run: 'r1' })) {
        seen.push(`${eventName(event.type)} ${event.task}`)
        if (seen.at(-1) === 'run.ended run') break
      }
      process.kill(daemon, 'SIGCONT')
      // Both take runs again, and share them.
      const again = await first.cli('run', 'y', '--agent', 'worker', '--json')
      expect(JSON.parse(again.stdout.trim().split('\n').at(-1) ?? '')).toMatchObject({ status: 'completed' })
      const events: string[] = []
      for await (const { event } of followEvents(user, { from: 'beginning' })) {
        events.push(`${eventName(event.type)} ${event.subject}`)
        if (events.at(-1)?.startsWith('run.ended') && !events.at(-1)?.includes('r1/')) break
      }
      const once = events.filter((line) => /^(run|task)\./.test(line))
      expect(once).toEqual([...new Set(once)])
      expect((await requestRun(user, 'get', { run: 'r1' })).result).toMatchObject({ answer: 'It is 42.' })
    }
    await second('down')
    await first.cli('down')
    expect(await untilNoneSurvive(first.folder)).toEqual([])
    expect(await untilNoneSurvive(place.folder)).toEqual([])
  })
})

describe('nats-config', () => {
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
