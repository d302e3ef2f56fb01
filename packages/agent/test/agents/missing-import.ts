export default {
  name: 'needy',
  description: 'Imports what is not installed.',
  level: 5,
  imports: ['no-such-package'],
}
