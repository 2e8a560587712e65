//! A photograph's way through a program, n times: JPEG decoded (crate zune-jpeg), sharpened, written and read as lossless WebP
//! (crate image-webp). The picture is 320 by 200 pixels: what the guest `raytrace` of examples/guests draws, made a JPEG of
//! quality 90 by libjpeg-turbo's `cjpeg`.

use crate::{fold, fold_bytes};
use image_webp::{ColorType, WebPDecoder, WebPEncoder};
use std::io::Cursor;
use zune_jpeg::JpegDecoder;
use zune_jpeg::zune_core::bytestream::ZCursor;

const PICTURE: &[u8] = include_bytes!("../../inputs/spheres.jpg");
/// Bytes of a pixel: red, green, blue.
const CHANNELS: usize = 3;

pub fn run(n: i32) -> u64 {
    let mut sum = 0;
    for round in 0..n {
        let mut jpeg = JpegDecoder::new(ZCursor::new(PICTURE));
        let pixels = jpeg.decode().expect("the picture is a JPEG");
        let (width, height) = jpeg.dimensions().expect("it was decoded");
        let sharp = sharpen(&pixels, width, 1 + round % 4);
        let mut webp = Vec::new();
        WebPEncoder::new(&mut webp)
            .encode(&sharp, width as u32, height as u32, ColorType::Rgb8)
            .expect("a vector takes all bytes");
        let mut read = vec![0; sharp.len()];
        WebPDecoder::new(Cursor::new(&webp))
            .and_then(|mut webp| webp.read_image(&mut read))
            .expect("own output decodes");
        assert!(read == sharp, "lossless WebP gave another picture");
        sum = fold_bytes(fold(sum, webp.len() as u64), &read);
    }
    sum
}

/// Moves each inner pixel away from the mean of its four neighbours, by `strength` quarters of the difference.
fn sharpen(pixels: &[u8], width: usize, strength: i32) -> Vec<u8> {
    let row = width * CHANNELS;
    let mut sharp = pixels.to_vec();
    for (y, line) in sharp.chunks_exact_mut(row).enumerate().skip(1) {
        let Some(below) = pixels.get((y + 1) * row..(y + 2) * row) else { break };
        let (above, here) = (&pixels[(y - 1) * row..y * row], &pixels[y * row..(y + 1) * row]);
        for i in CHANNELS..row - CHANNELS {
            let around = [above[i], below[i], here[i - CHANNELS], here[i + CHANNELS]];
            let difference = 4 * i32::from(here[i]) - around.iter().map(|value| i32::from(*value)).sum::<i32>();
            line[i] = (i32::from(here[i]) + difference * strength / 16).clamp(0, 255) as u8;
        }
    }
    sharp
}
