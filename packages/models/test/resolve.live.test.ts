import { spawnSync } from 'node:child_process'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PassThrough } from 'node:stream'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Model, ModelRequest } from '@bailiwick/contract'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { detectModel, noModelMessage } from '../src/resolve/detect-model.ts'
import { listModels } from '../src/resolve/list-models.ts'
import { resolveModel } from '../src/resolve/resolve-model.ts'
import { startOllamaServer } from '../src/testing/ollama-server.ts'
import { type OpenAiServerOptions, startOpenAiServer } from '../src/testing/openai-server.ts'
import { humanModel } from '../src/without-server/human-model.ts'

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'resolve-'))
})
afterEach(async () => {
  await rm(folder, { recursive: true, force: true })
})

const nothingRuns = { OLLAMA_HOST: 'http://127.0.0.1:9' }

const request = (lane: Partial<ModelRequest['lane']> = {}): ModelRequest => ({
  messages: [{ role: 'user', content: 'Say it.' }],
  purpose: 'act',
  lane: { agent: 'analyst', task: 't1', step: 1, ...lane },
})

async function textOf(model: Model, asked = request()): Promise<string> {
  for await (const event of model.generate(asked, { signal: new AbortController().signal })) {
    if (event.type === 'reply') return event.reply.text
  }
  return 'no reply'
}

/** The state of a process: empty if it is gone, `Z` if it has ended and nobody has asked for its exit code. */
function stateOf(pid: number): string {
  return spawnSync('ps', ['-o', 'stat=', '-p', String(pid)], { encoding: 'utf8' }).stdout.trim()
}

/** Repeats a check: a busy machine may need more than the 300 ms in which a running Ollama has to answer. */
function eventually(check: () => Promise<void>): Promise<void> {
  return vi.waitFor(check, { timeout: 30_000 })
}

describe('detectModel', () => {
  it('prefers BAILIWICK_MODEL, then the configuration, then OPENAI_*, then a running Ollama', async () => {
    await using openai = await startOpenAiServer({ models: ['text-embedding-3', 'gpt-4o-mini'] })
    await using ollama = await startOllamaServer({ models: ['nomic-embed-text', 'qwen3:8b'] })
    const all = {
      BAILIWICK_MODEL: 'command:cat',
      OPENAI_BASE_URL: `${openai.url}/v1`,
      OLLAMA_HOST: ollama.url,
    }
    const { BAILIWICK_MODEL: _, ...served } = all
    const found = async (env: NodeJS.ProcessEnv, configured?: string) => {
      const { name, source } = (await detectModel(env, { configured })) ?? {}
      return { name, source }
    }
    expect(await found(all, 'human')).toEqual({ name: 'command:cat', source: 'BAILIWICK_MODEL' })
    expect(await found(served, 'human')).toEqual({ name: 'human', source: 'configuration' })
    expect(await found(served)).toEqual({ name: 'openai/gpt-4o-mini', source: 'OPENAI_BASE_URL' })
    await eventually(async () =>
      expect(await found({ OLLAMA_HOST: ollama.url })).toEqual({ name: 'ollama/qwen3:8b', source: 'ollama' }),
    )
    expect(await detectModel(nothingRuns)).toBeUndefined()
    expect(noModelMessage()).toMatch(/ollama pull .*OPENAI_API_KEY/s)
  })
})

describe('resolveModel', () => {
  it('rejects an unknown name and lists the known forms', async () => {
    await expect(resolveModel('gpt-5', { env: nothingRuns })).rejects.toThrow(/<provider>\/<model>.*ollama/)
    await expect(resolveModel('openai/gpt-5', { env: nothingRuns })).rejects.toThrow('OPENAI_API_KEY')
    await expect(resolveModel('olama/qwen3:8b', { env: nothingRuns })).rejects.toThrow(
      'Did you mean "ollama/qwen3:8b"?',
    )
    const aliases = { strong: 'openai/gpt-5' }
    await expect(resolveModel('strog', { env: nothingRuns, aliases })).rejects.toThrow(
      'Did you mean "strong"?',
    )
  })

  it('rejects aliases that form a cycle', async () => {
    const aliases = { a: 'b', b: 'c', c: 'a' }
    await expect(resolveModel('a', { env: nothingRuns, aliases })).rejects.toThrow('a → b → c → a')
  })

  it('follows aliases', async () => {
    expect(
      await textOf(await resolveModel('fast', { env: nothingRuns, aliases: { fast: 'command:cat' } })),
    ).toContain('Say it.')
  })

  it.runIf(process.platform !== 'win32')(
    'ends a command and the programs that it started, on abort',
    async () => {
      const file = join(folder, 'pid')
      const model = await resolveModel(`command:sleep 100 & echo $! > ${file}; wait`, { env: nothingRuns })
      const abort = new AbortController()
      const asked = (async () => {
        for await (const _ of model.generate(request(), { signal: abort.signal }));
      })()
      const pid = await vi.waitFor(async () => {
        const text = await readFile(file, 'utf8')
        expect(text).toMatch(/^\d+\n$/)
        return Number(text)
      })
      abort.abort(new Error('enough'))
      await expect(asked).rejects.toThrow('enough')
      await vi.waitFor(() => expect(stateOf(pid)).toMatch(/^(Z.*|)$/), { timeout: 10_000 })
    },
  )

  it('runs a command, and reports its exit code and errors', async () => {
    expect(await textOf(await resolveModel('command:cat', { env: nothingRuns }))).toContain('Say it.')
    const broken = await resolveModel('command:echo broken >&2; exit 3', { env: nothingRuns })
    await expect(textOf(broken)).rejects.toMatchObject({
      code: 'model-server',
      message: expect.stringMatching(/code 3.*broken/s),
    })
  })

  it('replies from a script by agent, task and step, and names a missing reply', async () => {
    const file = join(folder, 'replies.json')
    await writeFile(file, JSON.stringify({ analyst: { t1: ['first', { text: ['two', 'lines'] }] } }))
    const model = await resolveModel(`scripted:${file}`, { env: nothingRuns })
    expect(await textOf(model)).toBe('first')
    expect(await textOf(model, request({ step: 2 }))).toBe('two\nlines')
    await expect(textOf(model, request({ step: 3 }))).rejects.toMatchObject({
      code: 'model-script',
      message: expect.stringMatching(/agent "analyst", task "t1", step 3/),
    })
  })

  it('holds a scripted reply back until its file exists', async () => {
    const file = join(folder, 'replies.json')
    await writeFile(file, JSON.stringify({ analyst: { t1: [{ text: 'go', untilFile: 'ready' }] } }))
    const model = await resolveModel(`scripted:${file}`, { env: nothingRuns })
    let text: string | undefined
    const replied = textOf(model).then((reply) => {
      text = reply
    })
    await sleep(100)
    expect(text).toBeUndefined()
    await writeFile(join(folder, 'ready'), '')
    await replied
    expect(text).toBe('go')
  })
})

describe('listModels', () => {
  /** Keeps the tests from finding servers that this machine runs. */
  const elsewhere = {
    ...nothingRuns,
    LMSTUDIO_BASE_URL: 'http://127.0.0.1:9/v1',
    LLAMACPP_BASE_URL: 'http://127.0.0.1:9/v1',
    VLLM_BASE_URL: 'http://127.0.0.1:9/v1',
  }
  const models = ['chat', 'embed-1']
  const studio = (fields: object) => ({
    '/api/v0/models': { data: [{ id: 'chat', max_context_length: 65_536, ...fields }] },
  })

  it.each<[string, string, OpenAiServerOptions, object]>([
    ['nothing from a plain server', 'vllm', {}, {}],
    [
      "OpenRouter's",
      'openai',
      {
        listed: {
          context_length: 131_072,
          supported_parameters: ['tools', 'reasoning', 'stop'],
          architecture: { input_modalities: ['text', 'image'] },
        },
      },
      { contextTokens: 131_072, capabilities: ['tools', 'thinking', 'vision'] },
    ],
    [
      "OpenRouter's, for a model without further capabilities",
      'openai',
      { listed: { context_length: null, supported_parameters: ['stop'] } },
      { capabilities: [] },
    ],
    ["vLLM's", 'vllm', { listed: { max_model_len: 32_768 } }, { contextTokens: 32_768 }],
    ["Anthropic's", 'openai', { listed: { max_input_tokens: 200_000 } }, { contextTokens: 200_000 }],
    [
      "llama.cpp's context of the training",
      'llamacpp',
      { listed: { meta: { n_ctx_train: 40_960 } } },
      { contextTokens: 40_960 },
    ],
    [
      "llama.cpp's context of the server",
      'llamacpp',
      {
        listed: { meta: { n_ctx_train: 40_960 } },
        others: { '/props': { default_generation_settings: { n_ctx: 8_192 }, modalities: { vision: true } } },
      },
      { contextTokens: 8_192, capabilities: ['vision'] },
    ],
    ["LM Studio's", 'lmstudio', { others: studio({}) }, { contextTokens: 65_536 }],
    [
      "LM Studio's, for a model loaded with a smaller context",
      'lmstudio',
      { others: studio({ type: 'vlm', loaded_context_length: 4_096, capabilities: ['tool_use'] }) },
      { contextTokens: 4_096, capabilities: ['tools', 'vision'] },
    ],
  ])('reads context and capabilities: %s', async (_, provider, served, known) => {
    await using server = await startOpenAiServer({ models, ...served })
    const env = { ...elsewhere, [`${provider.toUpperCase()}_BASE_URL`]: `${server.url}/v1` }
    expect(await listModels({ env })).toStrictEqual([{ name: `${provider}/chat`, ...known }])
  })

  it('lists aliases and the models of a running Ollama with their facts', async () => {
    await using ollama = await startOllamaServer({ models: ['qwen3:8b'], contextTokens: 8_192 })
    const env = { ...elsewhere, OLLAMA_HOST: ollama.url }
    await eventually(async () =>
      expect(await listModels({ env, aliases: { fast: 'ollama/qwen3:8b' } })).toEqual([
        { name: 'fast', aliasOf: 'ollama/qwen3:8b' },
        { name: 'ollama/qwen3:8b', contextTokens: 8_192, capabilities: ['completion', 'tools'] },
      ]),
    )
  })
})

describe('humanModel', () => {
  it('shows the prompt and reads lines up to a single dot', async () => {
    const [input, output] = [new PassThrough(), new PassThrough()]
    input.end('the first line\nthe second\n.\n')
    expect(await textOf(humanModel({ input, output }))).toBe('the first line\nthe second')
    expect(String(output.read())).toContain('Say it.')
  })

  it('fails if the input ends before the reply does', async () => {
    const input = new PassThrough()
    input.end('half a reply')
    await expect(textOf(humanModel({ input, output: new PassThrough() }))).rejects.toMatchObject({
      code: 'model-unreachable',
    })
  })
})
