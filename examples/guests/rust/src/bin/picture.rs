//! `picture info|show|convert`: decodes PNG and QOI (crates png and qoi), shows the picture in the terminal as characters or, with
//! `--colour`, as half blocks in 24-bit colour, scales it, and encodes it again: `convert IN OUT.png`, `OUT.qoi`, `OUT.ppm` or `-` (PNG).
#![forbid(unsafe_code)]

use guests::{Args, describe, fail, read_input, write_stdout};
use std::fmt::Write;
use std::fs;
use std::process;

const USAGE: &str =
    "usage: picture info FILE | picture show [--colour] [--width N] FILE | picture convert [--width N] IN OUT";

/// The largest picture that is decoded, in pixels.
const PIXELS_MAX: usize = 1 << 24;

/// Rows of RGB pixels, from the top.
struct Picture {
    width: usize,
    height: usize,
    pixels: Vec<[u8; 3]>,
}

fn main() {
    let mut args = Args::from_env();
    let colour = args.flag(&["--colour", "--color"]);
    let width = args.number("--width");
    let operands = args.operands(USAGE);
    let operands: Vec<&str> = operands.iter().map(String::as_str).collect();
    match operands[..] {
        ["info", file] => info(file),
        ["show", file] => show(&load(file), width.unwrap_or(78), colour),
        ["convert", from, to] => {
            let picture = load(from);
            let picture = match width {
                Some(width) => scale(&picture, width, (picture.height * width / picture.width).max(1)),
                None => picture,
            };
            save(&picture, to);
        }
        _ => fail(USAGE),
    }
}

fn info(file: &str) {
    let bytes = read_input(Some(file));
    let picture = decode(file, &bytes);
    let mut colours = picture.pixels.clone();
    colours.sort_unstable();
    colours.dedup();
    let raw = picture.pixels.len() * 3;
    println!(
        "{file}: {} x {} pixels, {} colours, {} bytes for {raw} bytes of pixels",
        picture.width,
        picture.height,
        colours.len(),
        bytes.len()
    );
}

fn load(file: &str) -> Picture {
    decode(file, &read_input(Some(file)))
}

fn decode(file: &str, bytes: &[u8]) -> Picture {
    let decoded = if bytes.starts_with(b"qoif") { decode_qoi(bytes) } else { decode_png(bytes) };
    decoded.unwrap_or_else(|error| {
        println!("{file}: {error}");
        process::exit(1)
    })
}

fn decode_png(bytes: &[u8]) -> Result<Picture, String> {
    let mut decoder = png::Decoder::new(std::io::Cursor::new(bytes));
    decoder.set_transformations(png::Transformations::normalize_to_color8());
    let mut reader = decoder.read_info().map_err(|error| error.to_string())?;
    let (width, height) = (reader.info().width as usize, reader.info().height as usize);
    if width.saturating_mul(height) > PIXELS_MAX {
        return Err("too large".to_string());
    }
    let mut data = vec![0; reader.output_buffer_size().ok_or("too large")?];
    let frame = reader.next_frame(&mut data).map_err(|error| error.to_string())?;
    Ok(Picture { width, height, pixels: to_rgb(&data[..frame.buffer_size()], frame.color_type.samples()) })
}

fn decode_qoi(bytes: &[u8]) -> Result<Picture, String> {
    let header = qoi::decode_header(bytes).map_err(|error| error.to_string())?;
    if header.n_pixels() > PIXELS_MAX {
        return Err("too large".to_string());
    }
    let (header, data) = qoi::decode_to_vec(bytes).map_err(|error| error.to_string())?;
    let samples = header.channels.as_u8() as usize;
    Ok(Picture { width: header.width as usize, height: header.height as usize, pixels: to_rgb(&data, samples) })
}

/// Grey, grey with alpha, RGB or RGBA to RGB; alpha is dropped.
fn to_rgb(data: &[u8], samples: usize) -> Vec<[u8; 3]> {
    let pixel = |pixel: &[u8]| if samples < 3 { [pixel[0]; 3] } else { [pixel[0], pixel[1], pixel[2]] };
    data.chunks_exact(samples).map(pixel).collect()
}

/// The mean of the source pixels under each new one.
fn scale(picture: &Picture, width: usize, height: usize) -> Picture {
    let mut pixels = Vec::with_capacity(width * height);
    for row in 0..height {
        let rows = span(row, height, picture.height);
        for column in 0..width {
            let columns = span(column, width, picture.width);
            let mut sums = [0u32; 3];
            for y in rows.clone() {
                for pixel in &picture.pixels[y * picture.width..][columns.clone()] {
                    sums = [0, 1, 2].map(|channel| sums[channel] + u32::from(pixel[channel]));
                }
            }
            let count = (rows.len() * columns.len()) as u32;
            pixels.push(sums.map(|sum| (sum / count) as u8));
        }
    }
    Picture { width, height, pixels }
}

/// The source positions that the position `index` of `count` covers, at least one.
fn span(index: usize, count: usize, source: usize) -> std::ops::Range<usize> {
    let start = index * source / count;
    start..((index + 1) * source / count).max(start + 1)
}

fn show(picture: &Picture, columns: usize, colour: bool) {
    let columns = columns.min(picture.width).max(1);
    // A character is about twice as high as wide: one row of characters stands for two of pixels.
    let rows = (picture.height * columns / picture.width).div_ceil(2).max(1);
    let mut out = String::new();
    if colour {
        let small = scale(picture, columns, rows * 2);
        for row in small.pixels.chunks_exact(columns * 2) {
            for ([r, g, b], [lower_r, lower_g, lower_b]) in row[..columns].iter().zip(&row[columns..]) {
                write!(out, "\x1b[38;2;{r};{g};{b};48;2;{lower_r};{lower_g};{lower_b}m▀")
                    .expect("a String takes any text");
            }
            out.push_str("\x1b[0m\n");
        }
    } else {
        let ramp = b" .:-=+*#%@";
        let small = scale(picture, columns, rows);
        for row in small.pixels.chunks_exact(columns) {
            let line: String = row.iter().map(|pixel| char::from(ramp[luminance(*pixel) * ramp.len() / 256])).collect();
            out.push_str(line.trim_end());
            out.push('\n');
        }
    }
    write_stdout(out.as_bytes());
}

/// Brightness as the eye sees it (Rec. 601), 0..=255.
fn luminance([r, g, b]: [u8; 3]) -> usize {
    (usize::from(r) * 299 + usize::from(g) * 587 + usize::from(b) * 114) / 1000
}

fn save(picture: &Picture, to: &str) {
    let (width, height) = (picture.width as u32, picture.height as u32);
    let data = picture.pixels.as_flattened();
    let bytes = if to.ends_with(".qoi") {
        qoi::encode_to_vec(data, width, height).expect("the size fits the pixels")
    } else if to.ends_with(".ppm") {
        [format!("P6\n{width} {height}\n255\n").as_bytes(), data].concat()
    } else {
        encode_png(width, height, data)
    };
    if to == "-" {
        write_stdout(&bytes);
    } else if let Err(error) = fs::write(to, &bytes) {
        fail(&format!("{to}: {}", describe(&error)));
    }
}

fn encode_png(width: u32, height: u32, data: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut encoder = png::Encoder::new(&mut bytes, width, height);
    encoder.set_color(png::ColorType::Rgb);
    encoder.set_depth(png::BitDepth::Eight);
    encoder.set_compression(png::Compression::Balanced);
    let mut writer = encoder.write_header().expect("a Vec takes any bytes");
    writer.write_image_data(data).expect("the size fits the pixels");
    writer.finish().expect("a Vec takes any bytes");
    bytes
}
