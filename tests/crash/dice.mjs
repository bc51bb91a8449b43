// Chance that can be repeated: the same seed, the same throws (what the machine makes of them is its own).
export class Dice {
  constructor(seed) { this.state = seed >>> 0 }

  /** 0 <= x < 1 */
  next() {
    let t = (this.state = (this.state + 0x6d2b79f5) >>> 0)
    t = Math.imul(t ^ (t >>> 15), t | 1)
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61)
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32
  }

  below(n) { return Math.floor(this.next() * n) }
  chance(share) { return this.next() < share }
  pick(list) { return list[this.below(list.length)] }
  /** Dice of its own for somebody, so that one who throws more does not change the throws of the others. */
  branch(name) { return new Dice([...name].reduce((sum, c) => Math.imul(sum, 31) + c.charCodeAt(0), this.state)) }
}
