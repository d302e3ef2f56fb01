import { readdir, readFile } from 'node:fs/promises'
import { join, relative } from 'node:path'
import { connectBus } from '@bailiwick/bus'
import { DAEMON, survivors, untilNoneSurvive } from '@bailiwick/coordinator/testing/survivors'
import { type ServedRequest, startOpenAiServer } from '@bailiwick/models/testing'
import { jwtServerConfig, readCredentials } from '@bailiwick/nats-server'
import { expect, it } from 'vitest'
import { bareEnv, run } from './program.ts'
import { final, planReply, teamFolder } from './team-folder.ts'

/** The key of a model, and a secret that Bailiwick does not know. */
const KEY = 'sk-planted-model-key-4711'
const SECRET = 'planted-password-of-a-database-0815'

/** Code that looks for secrets, and prints, stores and returns what it finds. */
const LEAK = `<code>
const seen = [typeof process, String(globalThis.process?.env), Object.keys(globalThis).join()]
for (const name of ['/proc/self/environ', '.env', '../.env', '.bailiwick/nats/keys.json', '.bailiwick/credentials/worker.creds']) {
  try { seen.push(await readFile({ name })) } catch (error) { seen.push(String(error)) }
}
console.log(seen.join('\\n'))
await writeArtifact({ name: 'seen.txt', content: seen.join('\\n') })
finalAnswer(seen.join(' | '))
</code>`

const asked = ({ messages }: ServedRequest) => messages.map(({ content }) => content).join('\n')

function reply(request: ServedRequest): string {
  const prompt = asked(request)
  if (/do t1/.test(prompt) && /finalAnswer/.test(prompt)) return LEAK
  return /"tasks"/.test(prompt) ? planReply({ name: 't1' }, { name: 't2' }) : final('1')
}

/** Lists the files below a folder that contain one of the texts. */
async function filesWith(folder: string, texts: readonly string[]): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true })
  const found: string[] = []
  for (const entry of entries.filter((each) => each.isFile())) {
    const path = join(entry.parentPath, entry.name)
    const bytes = await readFile(path).catch(() => Buffer.alloc(0)) // The file has been removed.
    if (texts.some((text) => bytes.includes(text))) found.push(relative(folder, path))
  }
  return found.sort()
}

it('keeps secrets out of events, logs, journals, files, buckets and answers of a run that tries to leak them', async () => {
  const agents = [
    { name: 'worker', level: 5, tools: ['readFile', 'writeArtifact'] },
    { name: 'writer', level: 0, references: true },
  ]
  await using place = await teamFolder({}, { agents, config: { model: 'openai/test-model' } })
  // A server that refuses a key may repeat the key in its error.
  await using server = await startOpenAiServer({
    reply,
    fault: (_, body) =>
      /do t2/.test(JSON.stringify(body)) && /finalAnswer/.test(JSON.stringify(body))
        ? { kind: 'status', status: 401, message: `Incorrect API key provided: ${KEY}, for ${KEY}.` }
        : undefined,
  })
  const env = bareEnv({ DATABASE_PASSWORD: SECRET })
  const bailiwick = (...args: string[]) => run(args, { cwd: place.folder, env })
  await place.write('.env', `OPENAI_API_KEY=${KEY}\nOPENAI_BASE_URL=${server.url}/v1\n`)
  const up = await bailiwick('up', '--detach')
  const ended = await bailiwick('run', 'x', '--out', 'out')
  const shown = await bailiwick('show', '--json')
  const { NATS_URL: url } = JSON.parse((await bailiwick('env', '--json')).stdout)

  // All seeds in the data directory.
  const data = join(place.folder, '.bailiwick')
  const { seeds } = JSON.parse(await readFile(join(data, 'nats/keys.json'), 'utf8'))
  const files = (await readdir(join(data, 'credentials'))).filter((name) => name.endsWith('.creds'))
  const users = await Promise.all(
    files.map(async (name) => readCredentials(await readFile(join(data, 'credentials', name), 'utf8'))),
  )
  const keys = [...Object.values<string>(seeds), ...users.map((user) => user?.seed ?? '')]
  expect(keys.length).toBeGreaterThan(6)
  expect(keys).not.toContain('')
  const secrets = [KEY, SECRET, ...keys]

  // All messages of all streams.
  const auditor = await jwtServerConfig(join(data, 'nats'), [{ name: 'auditor' }])
  const bus = await connectBus({ url, creds: auditor.credentials.get('auditor') ?? '', name: 'auditor' })
  const read = new Map<string, number>()
  for await (const { config, state } of bus.jsm.streams.list()) {
    for (let seq = state.first_seq; seq <= state.last_seq && state.messages > 0; seq++) {
      const message = await bus.jsm.streams.getMessage(config.name, { seq }).catch(() => null)
      if (message === null) continue
      read.set(config.name, (read.get(config.name) ?? 0) + 1)
      const text = `${message.subject} ${Buffer.from(message.data).toString('latin1')} ${JSON.stringify([...(message.header ?? [])])}`
      expect(secrets.filter((secret) => text.includes(secret))).toEqual([])
    }
  }
  await bus.close()
  expect([...read.keys()]).toEqual(expect.arrayContaining(['JOURNAL', 'EVENT', 'FILES']))

  // The run did try, and got the error about the key.
  expect(await readFile(join(place.folder, 'out/run.json'), 'utf8')).toContain(
    'Incorrect API key provided: <key>',
  )
  for (const { stdout, stderr } of [up, ended, shown]) {
    expect(secrets.filter((secret) => `${stdout}${stderr}`.includes(secret))).toEqual([])
  }
  // Only the files that store the keys contain them.
  expect(await filesWith(place.folder, [KEY])).toEqual(['.env'])
  expect(await filesWith(place.folder, [SECRET])).toEqual([])
  expect(await filesWith(place.folder, keys)).toEqual(
    [...files.map((name) => `.bailiwick/credentials/${name}`), '.bailiwick/nats/keys.json'].sort(),
  )
  // Only the daemon gets the whole environment. The toolbox and nats-server do not get the model's key.
  const environments = await Promise.all(
    survivors(place.folder).map(async ({ pid, command }) => ({
      command,
      text: await readFile(`/proc/${pid}/environ`, 'utf8').catch(() => ''),
    })),
  )
  const holders = (secret: string) =>
    environments.filter(({ text }) => text.includes(secret)).map(({ command }) => command)
  expect(holders(SECRET).filter((command) => !DAEMON.test(command))).toEqual([])
  expect(holders(KEY).filter((command) => /toolbox|nats-server|sandbox/.test(command))).toEqual([])
  await bailiwick('down')
  expect(await untilNoneSurvive(place.folder)).toEqual([])
})
