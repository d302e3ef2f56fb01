import { createParser } from 'eventsource-parser'

/**
 * Hands on the parsed data of a body's server-sent events as they come, until `[DONE]` or the body's end.
 * The client's own loop takes several promises for each event; this one takes one for each piece of the
 * body, however many events are in it.
 *
 * @throws SyntaxError for data that is not JSON
 */
export async function readEvents(response: Response, onData: (data: unknown) => void): Promise<void> {
  const reader = response.body?.getReader()
  const decoder = new TextDecoder()
  let isDone = false
  const parser = createParser({
    onEvent({ event, data }) {
      if (data === '[DONE]') isDone = true
      // Some servers name the event an error instead of putting one into it.
      else if (!isDone) onData(event === 'error' ? { error: data, ...JSON.parse(data) } : JSON.parse(data))
    },
  })
  while (!isDone) {
    const { value } = (await reader?.read()) ?? {}
    // Some servers leave out the empty line that ends the last event.
    if (value === undefined) return parser.feed(`${decoder.decode()}\n\n`)
    parser.feed(decoder.decode(value, { stream: true }))
  }
}
