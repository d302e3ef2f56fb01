import { JetStreamApiError } from '@nats-io/jetstream'
import { expect, it } from 'vitest'
import { isTransient } from './is-transient.ts'

// A table, because a test cannot make a server send these errors.
it.each([
  [500, 10119, 'consumer is offline', true],
  [500, 10118, 'stream is offline', true],
  [409, 10158, 'duplicate message id is in process', true],
  [400, 10164, 'wrong last sequence', true],
  [400, 10071, 'wrong last sequence: 7', false],
  [503, 10008, 'JetStream system temporarily unavailable', true],
  [503, 10077, 'maximum messages exceeded', false],
  [503, 10077, 'maximum bytes exceeded', false],
  // What a server says that has no room.
  [503, 10077, 'write /store/JOURNAL/msgs/1.blk: no space left on device', true],
  [503, 10023, 'insufficient resources', true],
  [500, 10047, 'insufficient storage resources available', true],
  [400, 10002, 'resource limits exceeded for account', true],
  [500, 10049, 'error creating store for stream', true],
  [500, 10012, 'error creating store for consumer', true],
  [500, 10012, 'write /store/obs/d/meta.inf.tmp: no space left on device', true],
  [500, 10057, 'write /store/A/msgs/1.blk: no space left on device', true],
  [500, 10051, 'write /store/A/msgs/1.blk: disk quota exceeded', true],
  [400, 10012, 'consumer name already in use', false],
  [404, 10014, 'consumer not found', false],
])('%i %i "%s": a retry helps: %s', (code, err_code, description, helps) => {
  expect(isTransient(new JetStreamApiError({ code, err_code, description }))).toBe(helps)
})
