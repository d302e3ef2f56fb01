import { NO_USAGE } from '@bailiwick/contract'
import { describe, expect, it } from 'vitest'
import { PRESETS } from '../openai/presets.ts'
import { listedContext, listPrice } from './price-list.ts'

const usage = { ...NO_USAGE, inputTokens: 1_000, outputTokens: 1_000, replies: 1 }

describe('listPrice', () => {
  it.each([
    ['openai', 'gpt-5-mini-2025-08-07'],
    ['gemini', 'gemini-2.5-flash'],
    ['gemini', 'models/gemini-2.5-flash'],
    ['anthropic', 'claude-sonnet-4-5'],
    ['openrouter', 'qwen/qwen3-32b'],
  ])("knows prices of %s at its preset's address", async (provider, model) => {
    expect(await listPrice(PRESETS[provider]?.baseURL ?? '')(usage, model)).toBeGreaterThan(0)
  })

  it('charges less for cached tokens', async () => {
    const price = listPrice('https://api.openai.com/v1')
    const whole = await price(usage, 'gpt-5-mini')
    expect(await price({ ...usage, cachedTokens: 1_000 }, 'gpt-5-mini')).toBeLessThan(whole ?? 0)
  })

  it.each([
    ['https://api.openai.com/v1', 'no-such-model'],
    ['http://127.0.0.1:8000/v1', 'gpt-5-mini'],
  ])('knows no price at %s of %s', async (baseURL, model) => {
    expect(await listPrice(baseURL)(usage, model)).toBeNull()
  })
})

describe('listedContext', () => {
  it('knows the context of models in the list', async () => {
    expect(await listedContext('https://api.openai.com/v1', 'gpt-5-mini')).toBe(400_000)
    expect(await listedContext('http://127.0.0.1:8000/v1', 'gpt-5-mini')).toBeUndefined()
  })
})
