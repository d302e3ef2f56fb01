import { startOllamaServer, startOpenAiServer } from '@bailiwick/models/testing'
import { describe, expect, it } from 'vitest'
import { bareEnv, run } from './program.ts'
import { teamFolder } from './team-folder.ts'

describe('bailiwick models', () => {
  it('lists reachable models, and shows what their servers do not report as unknown', async () => {
    await using place = await teamFolder({}, { config: { models: { fast: 'ollama/qwen3:8b' } } })
    await using ollama = await startOllamaServer({ models: ['qwen3:8b'], contextTokens: 40_960 })
    await using silent = await startOpenAiServer({ models: ['silent'] })
    const env = bareEnv({
      OLLAMA_HOST: ollama.url,
      VLLM_BASE_URL: `${silent.url}/v1`,
      // Hides the servers of this machine.
      LMSTUDIO_BASE_URL: 'http://127.0.0.1:9/v1',
      LLAMACPP_BASE_URL: 'http://127.0.0.1:9/v1',
    })
    const listed = await run(['models'], { cwd: place.folder, env })
    expect(listed).toMatchObject({ code: 0 })
    expect(listed.stdout.split('\n')).toEqual([
      'fast             = ollama/qwen3:8b',
      'vllm/silent      context unknown  capabilities unknown',
      'ollama/qwen3:8b  41.0k tokens     completion, tools',
      '',
    ])
    const { models } = JSON.parse((await run(['models', '--json'], { cwd: place.folder, env })).stdout) as {
      models: unknown[]
    }
    expect(models).toContainEqual({ name: 'vllm/silent' })
  })
})
