import { describe, expect, it } from 'vitest'
import { readEvents } from './read-events.ts'

async function read(...pieces: (string | Uint8Array)[]): Promise<unknown[]> {
  const data: unknown[] = []
  const body = ReadableStream.from(
    pieces.map((piece) => (typeof piece === 'string' ? new TextEncoder().encode(piece) : piece)),
  )
  await readEvents(new Response(body), (value) => data.push(value))
  return data
}

describe('readEvents', () => {
  it('reads every line ending, comments, and pieces cut anywhere, even within a character', async () => {
    const bytes = new TextEncoder().encode(
      ': wait\r\n\r\ndata: {"a":"ü🌍"}\r\n\r\ndata:{"b":\ndata: 2}\n\ndata: 3\r\r',
    )
    const single = Array.from(bytes, (byte) => Uint8Array.of(byte))
    for (const pieces of [[bytes], single]) expect(await read(...pieces)).toEqual([{ a: 'ü🌍' }, { b: 2 }, 3])
  })

  it('stops at [DONE], even if more follows or the body stays open', async () => {
    expect(await read('data: 1\n\ndata: [DONE]\n\ndata: 2\n\n', 'data: 3\n\n')).toEqual([1])
    const open = new Response(
      new ReadableStream({ start: (body) => body.enqueue(new TextEncoder().encode('data: [DONE]\n\n')) }),
    )
    await readEvents(open, () => expect.unreachable())
  })

  it('reads a last event without the empty line after it', async () => {
    expect(await read('data: 1\n\ndata: 2')).toEqual([1, 2])
  })

  it('turns an event of type error into an error object', async () => {
    expect(await read('event: error\ndata: {"message":"full"}\n\n')).toMatchObject([
      { error: '{"message":"full"}' },
    ])
    expect(await read('event: error\ndata: {"error":{"message":"full"}}\n\n')).toEqual([
      { error: { message: 'full' } },
    ])
  })

  it('throws for data that is not JSON', async () => {
    await expect(read('data: {"a":\n\n')).rejects.toThrow(SyntaxError)
  })
})
