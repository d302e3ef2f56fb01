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
/** Proxies of the prelude's own: how they print. */
const shown = new MapClass<object, string>()
const made = new WeakSetClass<object>()

/** True for a guest's Proxy: looking into one would run its traps. */
export function isProxy(value: object): boolean {
  return weakSetHas(made, value)
}

/** A Proxy of the prelude's own. */
export function namedProxy(target: object, handler: ProxyHandler<object>, text: string): object {
  const proxy = new RealProxy(target, handler)
  weakSetAdd(made, proxy)
  mapSet(shown, proxy, text)
  return proxy
}

/** How a Proxy prints. */
export function proxyText(proxy: object): string {
  return (mapGet(shown, proxy) as string | undefined) ?? '[Proxy]'
}

/** The language cannot tell a Proxy from its target, so each one is noted when it is made. */
export function installProxies(): void {
  const realRevocable = Proxy.revocable
  const NotedProxy = function (target: object, handler: ProxyHandler<object>): object {
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
  define(NotedProxy, 'name', bare({ value: 'Proxy', configurable: true }))
  define(NotedProxy, 'revocable', bare({ value: revocable, writable: true, configurable: true }))
  define(NotedProxy, 'prototype', bare({ value: undefined, writable: false }))
  define(globalThis, 'Proxy', bare({ value: NotedProxy, writable: true, configurable: true }))
}
