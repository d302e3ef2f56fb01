import { expect, test } from 'vitest'
import { z } from 'zod'
import { deferred } from './deferred.ts'

const point = () => z.object({ x: z.number(), y: z.number().default(0) })

test('is built once, when it is first looked at', () => {
  let built = 0
  const inner = deferred(() => {
    built += 1
    return point()
  })
  const line = deferred(() => z.object({ from: inner, to: inner.optional() }))
  expect(built).toBe(0)
  expect(line.parse({ from: { x: 1 } })).toEqual({ from: { x: 1, y: 0 } })
  expect(line.safeParse({ from: { x: '1' } }).error?.issues[0]?.path).toEqual(['from', 'x'])
  expect(built).toBe(1)
})

test('is a schema like any other', () => {
  expect(deferred(point)).toBeInstanceOf(z.ZodType)
  expect('parse' in deferred(point)).toBe(true)
  expect(deferred(point).unwrap().extend({ z: z.number() }).parse({ x: 1, z: 2 })).toEqual({
    x: 1,
    y: 0,
    z: 2,
  })
  const { parse } = deferred(point)
  expect(parse({ x: 1 })).toEqual({ x: 1, y: 0 })
})

test('is written as JSON Schema like what it stands for, however deep it is', () => {
  const bounded = () => point().transform(({ x }) => x)
  const line = (from: z.ZodType, to: z.ZodType) => z.object({ from, to: to.optional(), all: z.array(from) })
  const shallow = line(bounded(), point())
  const deep = deferred(() => line(deferred(bounded), deferred(point)))
  expect(z.toJSONSchema(deep, { io: 'input' })).toEqual(z.toJSONSchema(shallow, { io: 'input' }))
})
