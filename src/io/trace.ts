// Sends traces by OpenTelemetry to a collector with OTLP over HTTP. Loaded only where one is configured.

import { AsyncLocalStorage } from 'node:async_hooks';
import { DiagLogLevel, diag, ROOT_CONTEXT, type Span, SpanStatusCode, TraceFlags, trace } from '@opentelemetry/api';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { BatchSpanProcessor, TracerProvider } from '@opentelemetry/sdk-trace';
import type { Log } from '../ports/log.ts';
import type { Attributes, SpanOptions, Tracer } from '../ports/tracing.ts';

/** Maximum time to send remaining spans at the end. */
const CLOSE_MS = 3_000;
const SEND_WITHIN_MS = 10_000;

export interface TracerOptions {
  /** URL of the collector, without `/v1/traces`. */
  readonly endpoint: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly service: string;
  readonly version: string;
  readonly installation: string;
  readonly log: Log;
}

export function openTracer({ endpoint, headers, service, version, installation, log }: TracerOptions): Tracer {
  const silent = () => {};
  const say = (message: string) => log.warn('traces could not be sent', { reason: message.slice(0, 300) });
  diag.setLogger({ error: say, warn: silent, info: silent, debug: silent, verbose: silent }, DiagLogLevel.ERROR);
  const exporter = new OTLPTraceExporter({
    url: `${endpoint.replace(/\/+$/, '')}/v1/traces`,
    headers: { ...headers },
    timeoutMillis: SEND_WITHIN_MS,
  });
  const provider = new TracerProvider({
    resource: resourceFromAttributes({
      'service.name': service,
      'service.version': version,
      'service.namespace': installation,
    }),
    spanProcessors: [new BatchSpanProcessor({ exporter })],
  });
  const tracer = provider.getTracer('phoenix');
  const around = new AsyncLocalStorage<Span>();

  function start(name: string, { parent, attributes = {}, from }: SpanOptions): Span {
    const outer = around.getStore();
    const known = parent === undefined ? outer?.spanContext() : contextOf(parent);
    const context = known === undefined ? ROOT_CONTEXT : trace.setSpanContext(ROOT_CONTEXT, known);
    return tracer.startSpan(name, { attributes, ...(from === undefined ? {} : { startTime: from }) }, context);
  }

  return {
    async span(name, options, work) {
      const span = start(name, options);
      try {
        return await around.run(span, () => work((attributes: Attributes) => void span.setAttributes(attributes)));
      } catch (error) {
        // Only the type, since a message may contain anything.
        span.setAttribute('error.type', error instanceof Error ? error.name : typeof error);
        span.setStatus({ code: SpanStatusCode.ERROR });
        throw error;
      } finally {
        span.end();
      }
    },
    past(name, { to, ...options }) {
      start(name, options).end(to);
    },
    current() {
      const span = around.getStore()?.spanContext();
      return span === undefined ? null : `00-${span.traceId}-${span.spanId}-01`;
    },
    async close() {
      const { promise: late, resolve } = Promise.withResolvers<void>();
      const timer = setTimeout(resolve, CLOSE_MS);
      await Promise.race([provider.shutdown().catch(() => {}), late]);
      clearTimeout(timer);
    },
  };
}

/** Undefined for an invalid `traceparent`, which starts a new trace. */
function contextOf(traceparent: string) {
  const [, traceId, spanId] = /^00-([0-9a-f]{32})-([0-9a-f]{16})-0[01]$/.exec(traceparent) ?? [];
  if (traceId === undefined || spanId === undefined) return undefined;
  return { traceId, spanId, traceFlags: TraceFlags.SAMPLED, isRemote: true };
}
