import { AggregatorRegistry, Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import type { Flow } from './flow.ts';
import type { RestEnded } from './rest-face.ts';
import type { Ended } from './taxii-face.ts';

/** The figures of one process, as they travel to another. */
export type Figures = readonly object[];

export type Metrics = {
  contentType: string;
  render(): Promise<string>;
  figures(): Promise<Figures>;
  observe(end: Ended, seconds: number): void;
  observeRest(end: RestEnded, seconds: number): void;
};

/** Figures of this process, for Prometheus. Labels come from small closed sets only. */
export function createMetrics(flow: Flow): Metrics {
  const registers = [new Registry()];
  const [registry] = registers as [Registry];
  collectDefaultMetrics({ register: registry });
  const requests = new Counter({
    name: 'taxiway_taxii_requests_total',
    help: 'TAXII requests that were answered',
    labelNames: ['endpoint', 'method', 'status'] as const,
    registers,
  });
  const seconds = new Histogram({
    name: 'taxiway_taxii_request_seconds',
    help: 'Time from the headers of a TAXII request to its answer',
    labelNames: ['endpoint'] as const,
    buckets: [0.001, 0.005, 0.02, 0.1, 0.5, 2, 10],
    registers,
  });
  const sent = new Counter({
    name: 'taxiway_taxii_sent_bytes_total',
    help: 'Octets of TAXII bodies sent',
    registers,
  });
  const objects = new Counter({
    name: 'taxiway_taxii_objects_sent_total',
    help: 'Objects, manifest records and versions sent',
    registers,
  });
  const restRequests = new Counter({
    name: 'taxiway_rest_requests_total',
    help: 'Requests of the REST API that were answered',
    labelNames: ['endpoint', 'method', 'status'] as const,
    registers,
  });
  const restSeconds = new Histogram({
    name: 'taxiway_rest_request_seconds',
    help: 'Time from the headers of a request of the REST API to the end of its answer',
    buckets: [0.005, 0.02, 0.05, 0.1, 0.5, 2, 10],
    registers,
  });
  new Gauge({
    name: 'taxiway_bytes_in_flight',
    help: 'Octets of bodies held for connections',
    registers,
    collect() {
      this.set(flow.bytes);
    },
  });
  const METHODS = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']);
  return {
    contentType: registry.contentType,
    render: () => registry.metrics(),
    figures: () => registry.getMetricsAsJSON(),
    observe(end, duration) {
      const method = METHODS.has(end.method) ? end.method : 'other';
      requests.inc({ endpoint: end.kind, method, status: end.status });
      seconds.observe({ endpoint: end.kind }, duration);
      sent.inc(end.bytes);
      if (end.count !== undefined) objects.inc(end.count);
    },
    observeRest(end, duration) {
      const method = METHODS.has(end.method) ? end.method : 'other';
      restRequests.inc({ endpoint: end.endpoint ?? 'none', method, status: end.status });
      restSeconds.observe(duration);
    },
  };
}

/** The figures of several processes in one: counters and memory are summed, lags are averaged. */
export async function renderSum(figures: readonly Figures[]): Promise<string> {
  return await AggregatorRegistry.aggregate([...figures]).metrics();
}
