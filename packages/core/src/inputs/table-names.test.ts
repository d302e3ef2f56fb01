import { expect, it } from 'vitest'
import { tableNames } from './table-names.ts'

it('makes unique identifiers that need no quotes', () => {
  const files = [
    'Seattle weather.csv',
    'seattle-weather.json',
    '2024.csv',
    'order.csv',
    'Übersicht.tsv',
    '数据.csv',
  ]
  expect([...tableNames(files).values()]).toEqual([
    'seattle_weather',
    'seattle_weather_2',
    't_2024',
    't_order',
    'u_bersicht',
    'data',
  ])
})
