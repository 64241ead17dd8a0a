import { Injectable } from '@angular/core';
import type { Point } from './point';

export type Id = string | number;

export interface Shape {
  id: Id;
  area(): number;
}

export enum Colour {
  Red,
  Green,
}

@Injectable({ providedIn: 'root' })
export class ShapeService<T extends Shape> {
  @Input() size = 1;
  private shapes: T[] = [];

  constructor(private readonly http: Http) {}

  /** Finds one. */
  find(id: Id): T | undefined {
    return this.shapes.find((s) => s.id === id);
  }

  @Memo()
  total(): number {
    return 1;
  }
}

export abstract class Base {
  abstract area(): number;
}

namespace Geometry {
  export function distance(a: Point, b: Point): number {
    return 0;
  }
}

declare module 'x' {
  function g(): void;
}

export function overload(a: string): string;
export function overload(a: number): number;
export function overload(a: any): any {
  return a;
}

export const useShape = async (id: Id) => {
  return id;
};
