import { JetStreamApiError } from '@nats-io/jetstream'
import { expect, it } from 'vitest'
import { isTransient } from './is-transient.ts'

// A table, because a test cannot make a server send these errors.
it.each([
  [500, 10119, 'consumer is offline', true],
  [500, 10118, 'stream is offline', true],
  [503, 10008, 'JetStream system temporarily unavailable', true],
  [503, 10077, 'maximum messages exceeded', false],
  [404, 10014, 'consumer not found', false],
])('%i %i "%s": a retry helps: %s', (code, err_code, description, helps) => {
  expect(isTransient(new JetStreamApiError({ code, err_code, description }))).toBe(helps)
})
