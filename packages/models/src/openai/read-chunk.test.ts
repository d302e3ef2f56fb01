import { describe, expect, it } from 'vitest'
import { type Chunk, readChunk } from './read-chunk.ts'

const endpoint = { model: 'a/b', url: 'http://127.0.0.1/v1' }
const delta = (fields: object) => readChunk(endpoint, { choices: [{ delta: fields }] } as Chunk, true)

describe('readChunk', () => {
  it.each(['reasoning', 'reasoning_content'])('reads thinking from the field %s', (name) => {
    expect(delta({ [name]: 'hm', content: null })).toEqual({ thinking: 'hm' })
  })

  it('reads text in typed parts', () => {
    expect(
      delta({
        content: [
          { type: 'text', text: 'a' },
          { type: 'text', text: 'b' },
        ],
      }),
    ).toEqual({ text: 'ab' })
  })

  it('reads a refusal as a filtered reply', () => {
    const choices = [{ delta: { refusal: 'no' }, finish_reason: 'stop' }]
    expect(readChunk(endpoint, { choices }, true)).toEqual({ text: 'no', finish: 'content_filter' })
  })

  it.each([
    [{ error: { message: 'full', code: 503 } }, 'model-overloaded', 'full'],
    [{ error: '{"message":"no credit","code":"insufficient_quota"}' }, 'model-quota', 'no credit'],
    [{ choices: [] }, 'model-empty', 'without choices'],
    ['a page', 'model-malformed', 'a page'],
  ])('throws the error sent under status 200: %j', (chunk, code, message) => {
    const read = () => readChunk(endpoint, chunk as Chunk, false)
    expect(read).toThrow(expect.objectContaining({ code, message: expect.stringContaining(message) }))
  })
})
