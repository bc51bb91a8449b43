// The package ships this type, but its `exports` does not name it.
declare module 'tinykeys' {
  export function tinykeys(
    target: Window | HTMLElement,
    map: Record<string, (event: KeyboardEvent) => void>,
    options?: { timeout?: number },
  ): () => void
}
