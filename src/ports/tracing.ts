// Spans of what the agent does, for whoever collects traces. Names and attributes tell which and how many, never what stands in a file, an
// argument or a message.

export type Attributes = Readonly<Record<string, string | number | boolean>>;

export interface SpanOptions {
  /** What it belongs to, as `current` gave it, in this process or another; absent: the span around it, or none. */
  readonly parent?: string | undefined;
  readonly attributes?: Attributes;
  /** When it began; now where that is not said. */
  readonly from?: Date;
}

export interface Tracer {
  /** The work in a span, which ends with it; one that fails is marked by the class of its error. @param work may add attributes */
  span<T>(name: string, options: SpanOptions, work: (add: (attributes: Attributes) => void) => Promise<T>): Promise<T>;
  /** A span that is over. */
  past(name: string, options: SpanOptions & { readonly from: Date; readonly to: Date }): void;
  /** The span around the caller, in W3C's `traceparent`; null for none. */
  current(): string | null;
  /** Sends what is left; bounded in time. */
  close(): Promise<void>;
}

/** Without a collector. */
export const NO_TRACES: Tracer = {
  span: (_name, _options, work) => work(() => {}),
  past() {},
  current: () => null,
  async close() {},
};
