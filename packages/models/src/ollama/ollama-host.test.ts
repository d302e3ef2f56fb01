import { describe, expect, it } from 'vitest'
import { ollamaHost } from './ollama-host.ts'

describe('ollamaHost', () => {
  it.each([
    [undefined, 'http://127.0.0.1:11434'],
    ['', 'http://127.0.0.1:11434'],
    ['0.0.0.0', 'http://127.0.0.1:11434'],
    ['0.0.0.0:8000', 'http://127.0.0.1:8000'],
    ['http://0.0.0.0:11434', 'http://127.0.0.1:11434'],
    ['[::]:11434', 'http://[::1]:11434'],
    [':5000', 'http://127.0.0.1:5000'],
    ['gpu-box', 'http://gpu-box:11434'],
    ['gpu-box:80', 'http://gpu-box'],
    ['https://models.example.com', 'https://models.example.com'],
    ['https://models.example.com:8443/ollama/', 'https://models.example.com:8443/ollama'],
  ])('reads OLLAMA_HOST=%s as %s', (value, expected) => {
    expect(ollamaHost(value)).toBe(expected)
  })
})
