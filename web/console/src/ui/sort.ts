// The order of a table's rows: "name" up, "-name" down, anything else as they came. Pure.

export function sorted<T>(rows: T[], columns: { name: string; by?: (row: T) => string | number }[], order: string | null): T[] {
  const down = order?.startsWith('-') ?? false
  const by = columns.find((c) => c.name === order?.replace(/^-/, ''))?.by
  if (!by) return rows
  const sign = down ? -1 : 1
  return [...rows].sort((a, b) => {
    const [x, y] = [by(a), by(b)]
    return x < y ? -sign : x > y ? sign : 0
  })
}
