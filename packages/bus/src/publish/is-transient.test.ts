import { JetStreamApiError } from '@nats-io/jetstream'
import { expect, it } from 'vitest'
import { isTransient } from './is-transient.ts'

// What the server says cannot be had from it at will: a consumer is put where a server is about to die.
it.each([
  [500, 10119, 'consumer is offline', true],
  [500, 10118, 'stream is offline', true],
  [503, 10008, 'JetStream system temporarily unavailable', true],
  [503, 10077, 'maximum messages exceeded', false],
  [404, 10014, 'consumer not found', false],
])('%i %i "%s": trying again helps: %s', (code, err_code, description, helps) => {
  expect(isTransient(new JetStreamApiError({ code, err_code, description }))).toBe(helps)
})
