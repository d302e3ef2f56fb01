import type { OpenAiFeatures } from './chat-body.ts'

/** A well-known server that speaks OpenAI's chat completions. */
export interface Preset {
  baseURL: string
  /** Variable with the key; absent for local servers. */
  keyVariable?: string
  /** Variable that overrides the base URL. */
  urlVariable?: string
  /** Runs on the user's own machine: a token costs nothing. */
  local?: boolean
  features?: Partial<OpenAiFeatures>
  /** Where the server's own API tells what the compatible list does not, from the server's root. */
  factsPath?: string
}

/** OpenAI's own address. */
export const OPENAI_URL = 'https://api.openai.com/v1'

/** By the first part of a model's id: `openrouter/qwen/qwen3-32b`. */
export const PRESETS: Readonly<Record<string, Preset>> = {
  openai: {
    baseURL: OPENAI_URL,
    keyVariable: 'OPENAI_API_KEY',
    urlVariable: 'OPENAI_BASE_URL',
  },
  openrouter: { baseURL: 'https://openrouter.ai/api/v1', keyVariable: 'OPENROUTER_API_KEY' },
  gemini: {
    baseURL: 'https://generativelanguage.googleapis.com/v1beta/openai',
    keyVariable: 'GEMINI_API_KEY',
  },
  anthropic: {
    baseURL: 'https://api.anthropic.com/v1',
    keyVariable: 'ANTHROPIC_API_KEY',
    // Its compatible endpoint ignores response_format, so that a schema would be lost silently.
    features: { outputSchema: false },
  },
  lmstudio: {
    baseURL: 'http://127.0.0.1:1234/v1',
    urlVariable: 'LMSTUDIO_BASE_URL',
    keyVariable: 'LMSTUDIO_API_KEY',
    local: true,
    factsPath: '/api/v0/models',
  },
  llamacpp: {
    baseURL: 'http://127.0.0.1:8080/v1',
    urlVariable: 'LLAMACPP_BASE_URL',
    keyVariable: 'LLAMACPP_API_KEY',
    local: true,
    factsPath: '/props',
  },
  vllm: {
    baseURL: 'http://127.0.0.1:8000/v1',
    urlVariable: 'VLLM_BASE_URL',
    keyVariable: 'VLLM_API_KEY',
    local: true,
  },
}
