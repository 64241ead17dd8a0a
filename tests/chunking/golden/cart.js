'use strict';

const path = require('path');
const { EventEmitter } = require('events');

/**
 * A cart of goods.
 */
class Cart extends EventEmitter {
  static #count = 0;
  goods = [];

  constructor(owner) {
    super();
    this.owner = owner;
  }

  // Adds one.
  add(item) {
    this.goods.push(item);
  }

  onChange = (event) => {
    this.emit('change', event);
  };

  get total() {
    return this.goods.reduce((sum, item) => sum + item.price, 0);
  }
}

const double = (x) => x * 2;

export const View = ({ cart }) => {
  return <ul>{cart.goods.map((g) => <li>{g}</li>)}</ul>;
};

Cart.prototype.clear = function () {
  this.goods = [];
};

exports.make = function make(owner) {
  return new Cart(owner);
};

function* pairs(list) {
  yield list;
}

export default async function main() {
  const cart = new Cart('me');
  await cart.add(1);
}

module.exports.Cart = Cart;
