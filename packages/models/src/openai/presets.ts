import type { OpenAiFeatures } from './features.ts'

/** A well-known server that speaks OpenAI's chat completions. */
export interface Preset {
  baseURL: string
  /** Environment variable that holds the key. */
  keyVariable?: string
  /** Environment variable that overrides the base URL. */
  urlVariable?: string
  /** True if the server runs on the user's own machine: it needs no key and its tokens cost nothing. */
  local?: boolean
  /** Features that the server is known to lack. */
  features?: Partial<OpenAiFeatures>
  /** Path, from the server's root, of its own API for facts about models that the compatible list lacks. */
  factsPath?: string
}

/** The base URL of OpenAI. */
export const OPENAI_URL = 'https://api.openai.com/v1'

/**
 * The known servers by provider, which is the first part of a model's name: `openrouter/qwen/qwen3-32b`.
 *
 * @example
 * ```ts
 * console.log(PRESETS.openrouter?.keyVariable) // OPENROUTER_API_KEY
 * ```
 */
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
    // The compatible endpoint ignores response_format, so the schema would be lost silently.
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
