//! A small ray tracer, n x n pixels: f32 vectors, trait objects (indirect calls), square roots, recursion for mirrors.

use crate::fold;
use core::ops::{Add, Mul, Sub};

#[derive(Clone, Copy)]
struct Vector(f32, f32, f32);

impl Add for Vector {
    type Output = Vector;
    fn add(self, v: Vector) -> Vector {
        Vector(self.0 + v.0, self.1 + v.1, self.2 + v.2)
    }
}
impl Sub for Vector {
    type Output = Vector;
    fn sub(self, v: Vector) -> Vector {
        Vector(self.0 - v.0, self.1 - v.1, self.2 - v.2)
    }
}
impl Mul<f32> for Vector {
    type Output = Vector;
    fn mul(self, by: f32) -> Vector {
        Vector(self.0 * by, self.1 * by, self.2 * by)
    }
}
impl Vector {
    fn dot(self, v: Vector) -> f32 {
        self.0 * v.0 + self.1 * v.1 + self.2 * v.2
    }
    fn unit(self) -> Vector {
        self * (1.0 / self.dot(self).sqrt())
    }
}

trait Shape {
    fn hit(&self, from: Vector, along: Vector) -> Option<f32>;
    fn normal(&self, at: Vector) -> Vector;
    fn shine(&self) -> f32;
    fn colour(&self, at: Vector) -> f32;
}

struct Sphere {
    centre: Vector,
    radius: f32,
    shine: f32,
}
struct Floor {
    height: f32,
}
struct Disc {
    centre: Vector,
    facing: Vector,
    radius: f32,
}

impl Shape for Sphere {
    fn hit(&self, from: Vector, along: Vector) -> Option<f32> {
        let offset = from - self.centre;
        let half = offset.dot(along);
        let square = half * half - offset.dot(offset) + self.radius * self.radius;
        (square > 0.0).then(|| -half - square.sqrt()).filter(|t| *t > 1e-3)
    }
    fn normal(&self, at: Vector) -> Vector {
        (at - self.centre).unit()
    }
    fn shine(&self) -> f32 {
        self.shine
    }
    fn colour(&self, at: Vector) -> f32 {
        0.6 + 0.3 * (at.1 - self.centre.1) / self.radius
    }
}

impl Shape for Floor {
    fn hit(&self, from: Vector, along: Vector) -> Option<f32> {
        let t = (self.height - from.1) / along.1;
        (t > 1e-3).then_some(t)
    }
    fn normal(&self, _: Vector) -> Vector {
        Vector(0.0, 1.0, 0.0)
    }
    fn shine(&self) -> f32 {
        0.1
    }
    fn colour(&self, at: Vector) -> f32 {
        if (at.0.floor() + at.2.floor()) as i32 & 1 == 0 { 0.9 } else { 0.2 }
    }
}

impl Shape for Disc {
    fn hit(&self, from: Vector, along: Vector) -> Option<f32> {
        let t = (self.centre - from).dot(self.facing) / along.dot(self.facing);
        let offset = from + along * t - self.centre;
        (t > 1e-3 && offset.dot(offset) < self.radius * self.radius).then_some(t)
    }
    fn normal(&self, _: Vector) -> Vector {
        self.facing
    }
    fn shine(&self) -> f32 {
        0.4
    }
    fn colour(&self, _: Vector) -> f32 {
        0.5
    }
}

fn trace(shapes: &[Box<dyn Shape>], from: Vector, along: Vector, depth: u32) -> f32 {
    let mut nearest: Option<(f32, &dyn Shape)> = None;
    for shape in shapes {
        if let Some(t) = shape.hit(from, along)
            && nearest.is_none_or(|(best, _)| t < best)
        {
            nearest = Some((t, shape.as_ref()));
        }
    }
    let Some((t, shape)) = nearest else { return 0.3 + 0.2 * along.1 };
    let at = from + along * t;
    let normal = shape.normal(at);
    let to_light = (Vector(4.0, 6.0, -3.0) - at).unit();
    let shadowed = shapes.iter().any(|other| other.hit(at + normal * 0.01, to_light).is_some());
    let light = if shadowed { 0.2 } else { 0.2 + 0.8 * normal.dot(to_light).max(0.0) };
    let own = shape.colour(at) * light;
    if depth == 0 {
        return own;
    }
    let mirrored = along - normal * (2.0 * along.dot(normal));
    own * (1.0 - shape.shine()) + shape.shine() * trace(shapes, at + normal * 0.01, mirrored, depth - 1)
}

pub fn run(n: i32) -> u64 {
    let mut shapes: Vec<Box<dyn Shape>> = vec![Box::new(Floor { height: -1.0 })];
    for i in 0..6 {
        let x = i as f32 * 0.9 - 2.2;
        shapes.push(Box::new(Sphere { centre: Vector(x, (i % 3) as f32 * 0.4 - 0.5, 3.0 + x * 0.3), radius: 0.5, shine: 0.15 * i as f32 }));
        if i % 3 == 0 {
            shapes.push(Box::new(Disc { centre: Vector(-x, 1.2, 4.0), facing: Vector(0.3, 0.1, -1.0).unit(), radius: 0.7 }));
        }
    }
    let mut sum = 0;
    for y in 0..n {
        for x in 0..n {
            let along = Vector(2.0 * x as f32 / n as f32 - 1.0, 1.0 - 2.0 * y as f32 / n as f32, 1.4).unit();
            let brightness = trace(&shapes, Vector(0.0, 0.4, -2.0), along, 3);
            sum = fold(sum, (brightness * 255.0) as u64);
        }
    }
    sum
}
