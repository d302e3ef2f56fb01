import type { Bus } from '../connect/bus.ts'
import { findBell, removeBell } from './bell.ts'
import { ringTask } from './ring-task.ts'

/**
 * Rings for a task that its host has left, as its journal says. The bell that the host held may still be there, because
 * its acknowledgement comes after the record, and ringing would then change nothing. So call this once, and `ringTask`
 * afterwards.
 *
 * @throws as {@link ringTask}
 */
export async function wakeTask(
  bus: Bus,
  bell: Parameters<typeof ringTask>[1],
  signal?: AbortSignal,
): Promise<void> {
  const held = await findBell(bus, bell, signal)
  if (held !== undefined) await removeBell(bus, held.sequence, signal)
  await ringTask(bus, bell, signal)
}
