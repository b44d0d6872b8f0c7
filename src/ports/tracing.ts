// The port to tracing. Names and attributes contain ids and counts, never the content of files, arguments or messages.

export type Attributes = Readonly<Record<string, string | number | boolean>>;

export interface SpanOptions {
  /** The parent span from `current`, in this process or another; absent: the surrounding span, or none. */
  readonly parent?: string | undefined;
  readonly attributes?: Attributes;
  /** Start time. Default: now. */
  readonly from?: Date;
}

export interface Tracer {
  /**
   * Runs the work in a span; a failure is marked by its error class. @param work may add attributes
   */
  span<T>(name: string, options: SpanOptions, work: (add: (attributes: Attributes) => void) => Promise<T>): Promise<T>;
  /** Records a completed span. */
  past(name: string, options: SpanOptions & { readonly from: Date; readonly to: Date }): void;
  /** The current span as W3C `traceparent`; null for none. */
  current(): string | null;
  /** Sends remaining spans, in limited time. */
  close(): Promise<void>;
}

/** The tracer without a collector, which does nothing. */
export const NO_TRACES: Tracer = {
  span: (_name, _options, work) => work(() => {}),
  past() {},
  current: () => null,
  async close() {},
};
