import { describe, expect, it } from 'vitest'
import { type Chunk, readChunk } from './read-chunk.ts'

const asked = { model: 'a/b', url: 'http://127.0.0.1/v1' }
const delta = (fields: object) => readChunk(asked, { choices: [{ delta: fields }] } as Chunk, true)

describe('readChunk', () => {
  it.each(['reasoning', 'reasoning_content'])('takes thoughts by the name %s', (name) => {
    expect(delta({ [name]: 'hm', content: null })).toEqual({ thinking: 'hm' })
  })

  it('takes text in typed parts', () => {
    expect(
      delta({
        content: [
          { type: 'text', text: 'a' },
          { type: 'text', text: 'b' },
        ],
      }),
    ).toEqual({ text: 'ab' })
  })

  it('takes a refusal for a filtered answer', () => {
    const choices = [{ delta: { refusal: 'no' }, finish_reason: 'stop' }]
    expect(readChunk(asked, { choices }, true)).toEqual({ text: 'no', finish: 'content_filter' })
  })

  it.each([
    [{ error: { message: 'full', code: 503 } }, 'model-overloaded', 'full'],
    [{ error: '{"message":"no credit","code":"insufficient_quota"}' }, 'model-quota', 'no credit'],
    [{ choices: [] }, 'model-empty', 'without choices'],
    ['a page', 'model-malformed', 'a page'],
  ])('names an error under status 200: %j', (chunk, code, message) => {
    const read = () => readChunk(asked, chunk as Chunk, false)
    expect(read).toThrow(expect.objectContaining({ code, message: expect.stringContaining(message) }))
  })
})
