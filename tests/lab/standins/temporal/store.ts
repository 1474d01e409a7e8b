import { randomUUID } from 'node:crypto';
import type pg from 'pg';
import { GrpcError, grpcStatus } from '../shared/grpc.ts';
import type { Namespace, Schedule } from './messages.ts';

/** Shortest retention that the server takes for a local namespace, in seconds (Temporal's default, one hour). */
const MINIMUM_RETENTION_SECONDS = 3600;

const UNIQUE_VIOLATION = '23505';

/** Namespaces and schedules in PostgreSQL, in tables of the stand-in's own. */
export class Store {
  readonly #pool: pg.Pool;

  constructor(pool: pg.Pool) {
    this.#pool = pool;
  }

  /** All namespaces by name. */
  async namespaces(): Promise<Namespace[]> {
    const { rows } = await this.#pool.query(
      'SELECT id, name, description, owner_email AS "ownerEmail", retention_seconds AS "retentionSeconds" FROM standin_namespaces ORDER BY name',
    );
    return rows;
  }

  /** One namespace by name or by id. Throws NOT_FOUND. */
  async namespace(name: string, id = ''): Promise<Namespace> {
    const found = (await this.namespaces()).find((one) => (id ? one.id === id : one.name === name));
    if (!found) throw new GrpcError(grpcStatus.notFound, `Namespace ${name || id} is not found.`);
    return found;
  }

  /** Registers a namespace. Throws ALREADY_EXISTS, or INVALID_ARGUMENT for a bad name or retention. */
  async register(namespace: Omit<Namespace, 'id'>): Promise<void> {
    if (namespace.name === '') {
      throw new GrpcError(grpcStatus.invalidArgument, 'Namespace not set on request.');
    }
    checkRetention(namespace.retentionSeconds);
    await this.#insert(
      'Namespace already exists.',
      'INSERT INTO standin_namespaces VALUES ($1, $2, $3, $4, $5)',
      [
        randomUUID(),
        namespace.name,
        namespace.description,
        namespace.ownerEmail,
        Math.floor(namespace.retentionSeconds),
      ],
    );
  }

  /** Changes a namespace's retention. Throws NOT_FOUND, or INVALID_ARGUMENT for a bad retention. */
  async setRetention(name: string, seconds: number): Promise<void> {
    await this.namespace(name);
    checkRetention(seconds);
    await this.#pool.query('UPDATE standin_namespaces SET retention_seconds = $2 WHERE name = $1', [
      name,
      Math.floor(seconds),
    ]);
  }

  /** The schedules of a namespace by id. Throws NOT_FOUND for an unknown namespace. */
  async schedules(namespace: string): Promise<Schedule[]> {
    await this.namespace(namespace);
    const { rows } = await this.#pool.query(
      'SELECT id, workflow_type AS "workflowType", task_queue AS "taskQueue", interval_seconds AS "intervalSeconds" FROM standin_schedules WHERE namespace = $1 ORDER BY id',
      [namespace],
    );
    return rows;
  }

  /** One schedule. Throws NOT_FOUND. */
  async schedule(namespace: string, id: string): Promise<Schedule> {
    const found = (await this.schedules(namespace)).find((one) => one.id === id);
    if (!found) throw new GrpcError(grpcStatus.notFound, `workflow not found for ID: ${id}`);
    return found;
  }

  /** Creates a schedule. Throws NOT_FOUND, ALREADY_EXISTS, or INVALID_ARGUMENT when id, type, queue or interval is missing. */
  async createSchedule(namespace: string, schedule: Schedule): Promise<void> {
    await this.namespace(namespace);
    const { id, workflowType, taskQueue, intervalSeconds } = schedule;
    if (!id || !workflowType || !taskQueue || !(intervalSeconds >= 1)) {
      throw new GrpcError(grpcStatus.invalidArgument, 'Invalid schedule spec or action.');
    }
    await this.#insert(
      'Schedule with this ID is already registered.',
      'INSERT INTO standin_schedules VALUES ($1, $2, $3, $4, $5)',
      [namespace, id, workflowType, taskQueue, Math.floor(intervalSeconds)],
    );
  }

  async #insert(duplicate: string, statement: string, values: unknown[]): Promise<void> {
    try {
      await this.#pool.query(statement, values);
    } catch (error) {
      if ((error as { code?: string }).code === UNIQUE_VIOLATION) {
        throw new GrpcError(grpcStatus.alreadyExists, duplicate);
      }
      throw error;
    }
  }
}

function checkRetention(seconds: number): void {
  if (seconds >= MINIMUM_RETENTION_SECONDS) return;
  throw new GrpcError(
    grpcStatus.invalidArgument,
    'A valid retention period is not set on request.',
  );
}
