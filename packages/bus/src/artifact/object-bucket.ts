import { type ObjectStore, Objm } from '@nats-io/obj'
import type { Bus } from '../connect/bus.ts'

const open = new WeakMap<Bus, Map<string, Promise<ObjectStore>>>()

/**
 * An object-store bucket that the coordinator has made. Not checked for existence: asking for its state
 * is not allowed to most users.
 */
export function objectBucket(bus: Bus, bucket: string): Promise<ObjectStore> {
  const ofBus = open.get(bus) ?? new Map<string, Promise<ObjectStore>>()
  open.set(bus, ofBus)
  const known = ofBus.get(bucket) ?? new Objm(bus.js).open(bucket, false)
  ofBus.set(bucket, known)
  return known
}
