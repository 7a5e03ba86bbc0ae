/** A property that did not hold, with what is needed to see it again. */
export interface Violation {
  readonly case: number;
  readonly property: 'typed error' | 'bounded' | 'unchanged' | 'secret' | 'signed' | 'response' | 'state';
  readonly detail: string;
}

/** How often each outcome came, and what went wrong. */
export class Outcomes {
  readonly counts = new Map<string, number>();
  readonly violations: Violation[] = [];

  count(outcome: string): void {
    this.counts.set(outcome, (this.counts.get(outcome) ?? 0) + 1);
  }

  /** Joins the findings of another run. */
  add(other: Outcomes): void {
    for (const [outcome, count] of other.counts) this.counts.set(outcome, (this.counts.get(outcome) ?? 0) + count);
    this.violations.push(...other.violations);
  }

  violate(violation: Violation): void {
    this.count(`VIOLATION: ${violation.property}`);
    if (this.violations.length < 50) this.violations.push(violation);
  }
}

/** Thrown when work takes more steps than any work should. */
export class TooManySteps extends Error {
  override readonly name = 'TooManySteps';
}
