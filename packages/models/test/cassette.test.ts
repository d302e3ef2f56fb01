import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Model, ModelRequest } from '@bailiwick/contract'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { resolveModel } from '../src/resolve/resolve-model.ts'
import type { ModelServer } from '../src/testing/model-server.ts'
import { startOllamaServer } from '../src/testing/ollama-server.ts'
import { startOpenAiServer } from '../src/testing/openai-server.ts'
import { ask } from './ask.ts'

let folder: string
let file: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'cassette-'))
  file = join(folder, 'tape.jsonl')
})
afterEach(() => rm(folder, { recursive: true, force: true }))

const asked = (content: string, step = 1): ModelRequest => ({
  messages: [{ role: 'user', content }],
  purpose: 'act',
  lane: { agent: 'analyst', task: 't1', step },
})

const NOWHERE = 'http://127.0.0.1:9'

const KINDS = {
  openai: {
    start: startOpenAiServer,
    resolve: (url: string, env: NodeJS.ProcessEnv): Promise<Model> =>
      resolveModel('openai/test-model', { env: { OPENAI_BASE_URL: `${url}/v1`, ...env } }),
  },
  ollama: {
    start: startOllamaServer,
    resolve: (url: string, env: NodeJS.ProcessEnv): Promise<Model> =>
      resolveModel('ollama/test-model:1b', { env: { OLLAMA_HOST: url, ...env } }),
  },
}

async function record(
  kind: keyof typeof KINDS,
  reply: (content: string) => string,
  ...requests: ModelRequest[]
) {
  const { start, resolve } = KINDS[kind]
  await using server = await start({
    reply: ({ messages }) => reply(messages.at(-1)?.content ?? ''),
    fault: () => ({ kind: 'split-utf8' }),
  })
  const model = await resolve(server.url, { BAILIWICK_MODEL_RECORD: file })
  const replies = []
  for (const request of requests) replies.push((await ask(model, {}, request)).reply)
  return replies
}

describe.each(['openai', 'ollama'] as const)('a cassette of %s', (kind) => {
  const replay = (env: NodeJS.ProcessEnv = {}) =>
    KINDS[kind].resolve(NOWHERE, { BAILIWICK_MODEL_REPLAY: file, ...env })

  it('replays without a server, including split characters', async () => {
    const recorded = await record(kind, (content) => `Grüße 🌍 ${content}`, asked('one'), asked('two', 2))
    const model = await replay()
    // In another order than recorded, each lane finds its own response.
    const second = await ask(model, {}, asked('two', 2))
    const first = await ask(model, {}, asked('one'))
    expect([first.reply, second.reply]).toMatchObject(
      recorded.map(({ text, usage, model: answered }) => ({ text, usage, model: answered })),
    )
    expect(first.events.filter(({ type }) => type === 'text').length).toBeGreaterThan(1)
  })

  it('ignores times, ids, ports and folders in a prompt', async () => {
    await record(kind, () => 'ok', asked('at 2026-01-02T03:04:05Z see http://127.0.0.1:4001/x in /tmp/a1/b'))
    const { reply } = await ask(
      await replay(),
      {},
      asked('at 2027-08-09T10:11:12Z see http://127.0.0.1:9/x in /tmp/z/b'),
    )
    expect(reply.text).toBe('ok')
  })

  it('fails if a prompt has changed, and shows the difference', async () => {
    await record(kind, () => 'ok', asked('Count the apples.'))
    await expect(ask(await replay(), {}, asked('Count the pears.'))).rejects.toMatchObject({
      code: 'model-replay-miss',
      message: expect.stringMatching(/step 1.*Recorded: .*apples.*Now: .*pears/s),
    })
  })

  it('accepts a changed prompt by lane, but not a step that was not recorded', async () => {
    await record(kind, () => 'ok', asked('Count the apples.'))
    const model = await replay({ BAILIWICK_MODEL_REPLAY_BY: 'lane' })
    expect((await ask(model, {}, asked('Count the pears.'))).reply.text).toBe('ok')
    await expect(ask(model, {}, asked('Count the pears.', 2))).rejects.toMatchObject({
      code: 'model-replay-miss',
    })
    await expect(ask(model, {}, asked('Count the pears.'))).rejects.toThrow('recorded once')
  })

  it('records failed attempts, and replays them', async () => {
    const { start, resolve } = KINDS[kind]
    await using server: ModelServer = await start({
      reply: 'It is blue, as far as one can see.',
      fault: (place) =>
        [{ kind: 'status', status: 503 } as const, { kind: 'cut', afterBytes: 200 } as const][place],
    })
    await ask(await resolve(server.url, { BAILIWICK_MODEL_RECORD: file }), {}, asked('one'))
    expect(server.requests).toHaveLength(3)
    const chats = (await readFile(file, 'utf8')).split('\n').filter((line) => /"path":"[^"]*chat/.test(line))
    expect(chats.map((line) => JSON.parse(line))).toMatchObject([
      { status: 503 },
      { cut: true },
      { cut: false },
    ])
    expect((await ask(await replay(), {}, asked('one'))).reply.text).toBe(
      'It is blue, as far as one can see.',
    )
    expect(server.requests).toHaveLength(3)
  })

  it('records no response of an aborted call', async () => {
    const { start, resolve } = KINDS[kind]
    await using server = await start({ fault: () => ({ kind: 'stall', afterBytes: 20 }) })
    const controller = new AbortController()
    const call = ask(
      await resolve(server.url, { BAILIWICK_MODEL_RECORD: file }),
      { signal: controller.signal },
      asked('one'),
    )
    await vi.waitFor(() => expect(server.requests).toHaveLength(1), 30_000)
    controller.abort(new Error('enough'))
    await expect(call).rejects.toThrow('enough')
    expect(await readFile(file, 'utf8').catch(() => '')).not.toMatch(/chat/)
  })
})

describe('a cassette', () => {
  it('ignores the context size, which depends on earlier requests of the process', async () => {
    await record('ollama', () => 'ok', asked('word '.repeat(12_000)), asked('short', 2))
    const model = await resolveModel('ollama/test-model:1b', { env: { BAILIWICK_MODEL_REPLAY: file } })
    expect((await ask(model, {}, asked('short', 2))).reply.text).toBe('ok')
  })

  it('contains no key, even if the server repeats it, and replays without one', async () => {
    const key = 'secret-key-of-mine'
    await using server = await startOpenAiServer({
      fault: () => ({ kind: 'status', status: 401, message: `bad key ${key}, or sk-abc***def` }),
    })
    const env = { OPENAI_API_KEY: key, OPENAI_BASE_URL: `${server.url}/v1`, BAILIWICK_MODEL_RECORD: file }
    const model = await resolveModel('openai/test-model', { env })
    await expect(ask(model)).rejects.toMatchObject({
      code: 'model-auth',
      message: expect.stringMatching(/"bad key <key>, or/),
    })
    const tape = await readFile(file, 'utf8')
    expect(tape).toContain('bad key <key>, or <key>')
    expect(tape).not.toContain(key)
    const replayed = await resolveModel('openai/test-model', { env: { BAILIWICK_MODEL_REPLAY: file } })
    await expect(ask(replayed)).rejects.toMatchObject({ code: 'model-auth' })
  })

  it('is named by the error if it cannot be read, with the wrong line', async () => {
    const resolve = () => resolveModel('ollama/x', { env: { BAILIWICK_MODEL_REPLAY: file } })
    await expect(resolve()).rejects.toThrow(`Cannot read the cassette ${file}`)
    await writeFile(file, '\n{"v":1}\n')
    await expect(resolve()).rejects.toThrow(`Expected a recorded response at ${file}:2`)
  })

  it('rejects contradictory and unknown settings', async () => {
    const resolve = (env: NodeJS.ProcessEnv) => resolveModel('ollama/x', { env })
    await expect(resolve({ BAILIWICK_MODEL_RECORD: file, BAILIWICK_MODEL_REPLAY: file })).rejects.toThrow(
      'not both',
    )
    await expect(
      resolve({ BAILIWICK_MODEL_REPLAY: file, BAILIWICK_MODEL_REPLAY_BY: 'luck' }),
    ).rejects.toThrow('strict or lane')
    await expect(resolve({ BAILIWICK_MODEL_RECORD: 'tape.jsonl' })).rejects.toThrow('absolute path')
  })
})
