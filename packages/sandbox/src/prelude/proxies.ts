import { bare, construct, define, WeakSetClass, weakSetAdd, weakSetHas } from './primordials.ts'

const made = new WeakSetClass<object>()

/** True for a guest's Proxy: looking into one would run its traps. */
export function isProxy(value: object): boolean {
  return weakSetHas(made, value)
}

/** The language cannot tell a Proxy from its target, so each one is noted when it is made. */
export function installProxies(): void {
  const RealProxy = Proxy
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
