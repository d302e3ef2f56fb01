import { expect, it } from 'vitest'
import { unknownFields } from './unknown-fields.ts'

const data = {
  values: [
    { day: 'Mon', rain: 1 },
    { day: 'Tue', sun: 2 },
  ],
}
const encoding = { x: { field: 'day' }, y: { field: 'rian' } }

it.each([
  [{ data, encoding: { x: { field: 'day' }, y: { field: 'sun' } } }],
  [{ data, encoding: { y: { aggregate: 'count' }, x: { field: 'a.b' } } }],
  [{ data, encoding, transform: [{ calculate: 'datum.rain * 2', as: 'rian' }] }],
  [{ data, transform: [{ fold: ['rain'] }], layer: [{ encoding }] }],
  [{ data: { url: 'weather.csv' }, encoding }],
  [{ data: { values: [] }, encoding }],
  [{ data: { values: { rows: [] }, format: { property: 'rows' } }, encoding }],
  [{ data, layer: [{ data: { values: [{ day: 1, rian: 1 }] }, encoding }] }],
])('does not warn about %j', (spec) => {
  expect(unknownFields(spec)).toEqual([])
})

it.each([
  [{ data, encoding }],
  [{ data, layer: [{ encoding }, { encoding }] }],
  [{ data, facet: { field: 'day' }, spec: { encoding } }],
  [{ vconcat: [{ data, encoding: { ...encoding, y: [{ field: 'rain' }, { field: 'rian' }] } }] }],
])('names the field in %j', (spec) => {
  expect(unknownFields(spec)).toEqual([
    'encoding.y: no row has the field "rian"; known fields: day, rain, sun',
  ])
})
