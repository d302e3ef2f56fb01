import { type Bus, requestDelegation, type TaskDelivery } from '@bailiwick/bus'
import type { DelegateRequest } from '@bailiwick/core'
import type { TaskResult } from '@bailiwick/core/contract'
import { describedInputs } from '../task-spec.ts'

/**
 * Asks the coordinator for a delegate. The slot is free meanwhile, or two agents that wait for each other's
 * only slot would wait for ever.
 */
export async function startDelegate(
  bus: Bus,
  caller: string,
  delivery: TaskDelivery,
  { call, key, run, task, target, text, inputs, budget, signal }: DelegateRequest,
): Promise<TaskResult> {
  const takeSlotBack = delivery.releaseSlot()
  try {
    const wanted = { call, key, run, task, target, text, inputs: describedInputs(inputs), budget }
    return await requestDelegation(bus, caller, wanted, signal)
  } finally {
    await takeSlotBack()
  }
}
