import { InputError } from '@bailiwick/contract'
import { JetStreamApiCodes, JetStreamApiError } from '@nats-io/jetstream/internal'
import { z } from 'zod'
import type { Bus } from '../connect/bus.ts'
import { isOlder } from '../connect/server-version.ts'
import { persist } from '../publish/persist.ts'
import { type StreamPlan, streamPlans } from './stream-configs.ts'
import { type CheckedStreamLimits, type StreamLimits, streamLimitsSchema } from './stream-limits.ts'

/**
 * Creates the streams, or updates existing ones to these limits. Only the coordinator does this. Repeating
 * it changes nothing.
 *
 * @throws InputError if a limit is out of bounds
 */
export async function prepareStreams(
  bus: Bus,
  limits: StreamLimits = {},
  signal?: AbortSignal,
): Promise<void> {
  const compresses = !isOlder(bus.connection.info?.version ?? '0', [2, 10])
  const plans = streamPlans(checkLimits(limits), compresses)
  await Promise.all(plans.map((plan) => ensureStream(bus, plan, signal)))
}

function checkLimits(limits: StreamLimits): CheckedStreamLimits {
  const checked = streamLimitsSchema.safeParse(limits)
  if (checked.success) return checked.data
  throw new InputError(`Invalid limits of streams:\n${z.prettifyError(checked.error)}`)
}

async function ensureStream(bus: Bus, plan: StreamPlan, signal: AbortSignal | undefined): Promise<void> {
  await persist(bus, `preparing the stream ${plan.name}`, signal, async () => {
    try {
      const { config } = await bus.jsm.streams.info(plan.name)
      if (differs(plan, config)) await bus.jsm.streams.update(plan.name, { ...config, ...plan })
    } catch (error) {
      if (!(error instanceof JetStreamApiError) || error.code !== JetStreamApiCodes.StreamNotFound)
        throw error
      await bus.jsm.streams.add(plan)
    }
  })
}

function differs(plan: StreamPlan, config: object): boolean {
  const stored = new Map<string, unknown>(Object.entries(config))
  // The server leaves out fields that are false.
  return Object.entries(plan).some(
    ([key, value]) => JSON.stringify(stored.get(key) ?? false) !== JSON.stringify(value ?? false),
  )
}
