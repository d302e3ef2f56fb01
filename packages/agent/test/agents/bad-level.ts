export default { name: 'bad', description: 'Has a level that does not exist.', level: 9 }
