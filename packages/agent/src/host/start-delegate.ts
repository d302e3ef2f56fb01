import { type Bus, requestDelegation, type TaskDelivery } from '@bailiwick/bus'
import type { TaskResult } from '@bailiwick/contract'
import type { DelegateRequest } from '@bailiwick/core'
import { describedInputs } from '../task-spec.ts'

/**
 * Asks the coordinator for a delegate. The slot is free meanwhile, or two agents that wait for each other's
 * only slot would wait for ever. Afterwards the task goes on at once: what it holds it holds anyway, and the
 * slot may be in a long task's hands by then. So a host can be one task over its slots for each delegation
 * that has come back.
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
    void takeSlotBack()
  }
}
