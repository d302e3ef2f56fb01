import { type ObjectStore, Objm } from '@nats-io/obj'
import type { Bus } from '../connect/bus.ts'

const open = new WeakMap<Bus, Map<string, ObjectStore>>()

/**
 * An object-store bucket that the coordinator has made. Not checked for existence: asking for its state
 * is not allowed to most users.
 */
export async function objectBucket(bus: Bus, bucket: string): Promise<ObjectStore> {
  const ofBus = open.get(bus) ?? new Map<string, ObjectStore>()
  open.set(bus, ofBus)
  const store = ofBus.get(bucket) ?? (await new Objm(bus.js).open(bucket, false))
  ofBus.set(bucket, store)
  return store
}
