import {
  bare,
  construct,
  define,
  MapClass,
  mapGet,
  mapSet,
  WeakSetClass,
  weakSetAdd,
  weakSetHas,
} from './primordials.ts'

const RealProxy = Proxy
/** The text that each of the prelude's own Proxies prints as. */
const shown = new MapClass<object, string>()
const made = new WeakSetClass<object>()

/** Tells whether an object is a Proxy. Reading its properties would run its traps. */
export function isProxy(value: object): boolean {
  return weakSetHas(made, value)
}

/** Creates a Proxy for the prelude. `text` is how it prints. */
export function namedProxy(target: object, handler: ProxyHandler<object>, text: string): object {
  const proxy = new RealProxy(target, handler)
  weakSetAdd(made, proxy)
  mapSet(shown, proxy, text)
  return proxy
}

/** The text that a Proxy prints as. */
export function proxyText(proxy: object): string {
  return (mapGet(shown, proxy) as string | undefined) ?? '[Proxy]'
}

/** Registers every Proxy when it is created, because nothing else can tell it from its target. */
export function installProxies(): void {
  const realRevocable = Proxy.revocable
  const RegisteredProxy = function (target: object, handler: ProxyHandler<object>): object {
    if (new.target === undefined) throw new TypeError("Constructor Proxy requires 'new'")
    const proxy = construct(RealProxy, [target, handler]) as object
    weakSetAdd(made, proxy)
    return proxy
  }
  const revocable = (target: object, handler: ProxyHandler<object>) => {
    const pair = realRevocable(target, handler)
    weakSetAdd(made, pair.proxy)
    return pair
  }
  define(RegisteredProxy, 'name', bare({ value: 'Proxy', configurable: true }))
  define(RegisteredProxy, 'revocable', bare({ value: revocable, writable: true, configurable: true }))
  define(RegisteredProxy, 'prototype', bare({ value: undefined, writable: false }))
  define(globalThis, 'Proxy', bare({ value: RegisteredProxy, writable: true, configurable: true }))
}
