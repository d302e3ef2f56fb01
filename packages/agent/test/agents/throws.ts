throw new TypeError('no licence file')
