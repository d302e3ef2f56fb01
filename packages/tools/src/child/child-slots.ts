import { availableParallelism } from 'node:os'
import { FairSlots, type Share } from './fair-slots.ts'

/**
 * Children that run at a time. More than there are processors, so that a run that keeps its share busy leaves some for
 * others. A child that works for long gets a low priority (see `runChild`), so a short one is quick beside it.
 */
export const MAX_CHILDREN = Math.max(6, 2 * availableParallelism())

/** Children that one run may have at a time. */
export const MAX_CHILDREN_PER_RUN = MAX_CHILDREN / 2

/** Calls of one agent in one run that may wait for a slot. Further calls are refused. */
export const MAX_WAITING = 500

/** The slots for all children of this process. Take one before the work's files are read, so that waiting calls hold no files. */
export const childSlots = new FairSlots({
  total: MAX_CHILDREN,
  perRun: MAX_CHILDREN_PER_RUN,
  waiting: MAX_WAITING,
})

/** The share of work that belongs to no run. */
export const OWN_SHARE: Share = { run: '', caller: '' }
