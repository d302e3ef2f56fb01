export const agent = { name: 'lost' }
