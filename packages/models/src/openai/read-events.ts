import { createParser } from 'eventsource-parser'

/**
 * Passes on the parsed data of a body's server-sent events as they arrive, until `[DONE]` or the body's end. The
 * client's own loop awaits several promises for each event; this one awaits one for each chunk of the body.
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
      // Some servers name the event `error` instead of sending an error object.
      else if (!isDone) onData(event === 'error' ? { error: data, ...JSON.parse(data) } : JSON.parse(data))
    },
  })
  while (!isDone) {
    const { value } = (await reader?.read()) ?? {}
    // Some servers leave out the empty line after the last event.
    if (value === undefined) return parser.feed(`${decoder.decode()}\n\n`)
    parser.feed(decoder.decode(value, { stream: true }))
  }
}
